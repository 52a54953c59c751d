"""TERP's tables as unmanaged models, with the exact names, types, defaults and keys of its MySQL schema.

Schema only, no behaviour. Attribute names are the column names (a reference drops its `_id`): TERP mixes camelCase and
snake_case, sometimes within one table, and renaming would add one more thing to know.
"""

from .appointments import Calendar, CalendarEvent, CalendarEventParticipant, CalendarUserAccess
from .cash import CashLocation, CashLocationTransaction, ShiftAudit
from .catalogue import Brand, Product, Strain
from .conversations import ClientActivity, ClientCommunication, ClientNote, Comment, FreeformNote
from .inventory import Batch, BatchLocation, InventoryMovement, ProductImage
from .leads import ClientNeed, VendorSupply
from .ledger import Account, BankAccount, FiscalPeriod, LedgerEntry, Payment
from .parties import Client, ClientCreditLimit, SupplierProfile, Vendor
from .payables import Bill, BillLineItem, VendorPayable
from .procurement import Lot, PurchaseOrder, PurchaseOrderItem
from .receivables import ClientTransaction, Invoice, InvoiceLineItem, InvoicePayment
from .reference import Category, Grade, Location, PricingDefault, Sequence, Subcategory, User
from .returns import Credit, CreditApplication, Return, Transaction
from .sales import Order, OrderLineItem, OrderLineItemAllocation, OrderStatusHistory
from .samples import SampleLocationHistory, SampleRequest
from .spending import BankTransaction, Expense, ExpenseCategory

__all__ = [
    "Account",
    "BankAccount",
    "BankTransaction",
    "Batch",
    "BatchLocation",
    "Bill",
    "BillLineItem",
    "Brand",
    "Calendar",
    "CalendarEvent",
    "CalendarEventParticipant",
    "CalendarUserAccess",
    "CashLocation",
    "CashLocationTransaction",
    "Category",
    "Client",
    "ClientActivity",
    "ClientCommunication",
    "ClientCreditLimit",
    "ClientNeed",
    "ClientNote",
    "ClientTransaction",
    "Comment",
    "Credit",
    "CreditApplication",
    "Expense",
    "ExpenseCategory",
    "FiscalPeriod",
    "FreeformNote",
    "Grade",
    "InventoryMovement",
    "Invoice",
    "InvoiceLineItem",
    "InvoicePayment",
    "LedgerEntry",
    "Location",
    "Lot",
    "Order",
    "OrderLineItem",
    "OrderLineItemAllocation",
    "OrderStatusHistory",
    "Payment",
    "PricingDefault",
    "Product",
    "ProductImage",
    "PurchaseOrder",
    "PurchaseOrderItem",
    "Return",
    "SampleLocationHistory",
    "SampleRequest",
    "Sequence",
    "ShiftAudit",
    "Strain",
    "Subcategory",
    "SupplierProfile",
    "Transaction",
    "User",
    "Vendor",
    "VendorPayable",
    "VendorSupply",
]
