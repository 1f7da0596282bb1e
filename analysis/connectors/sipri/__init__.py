"""Stockholm International Peace Research Institute (SIPRI): arms transfers, military expenditure.

Exports of the trade register (CSV), one edition kept beside a newer one, and a workbook, all of
which a person downloads.
Terms: © SIPRI; non-commercial use of less than 10 per cent of a data set, with credit.
"""

from analysis.connectors.sipri.arms import arms_transfers
from analysis.connectors.sipri.orders import orders_2025, orders_2026
from analysis.connectors.sipri.spending import military_spending

__all__ = ["arms_transfers", "military_spending", "orders_2025", "orders_2026"]
