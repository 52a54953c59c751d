"""Facts about TERP's business, as functions of row indexes; the seeders only lay them out as tables.

The business consists of cells of 10 clients, 20 products, 30 batches and 50 orders, which reference nothing outside themselves
except reference data. So any attribute of any row can be computed from its index alone, and totals are correct at every size.

    calendar, cells → notes, staff, parties → catalogue → sales → goods → money → dealings

Imports point left.
"""
