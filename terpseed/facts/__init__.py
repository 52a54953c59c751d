"""What is true of TERP's business, as functions of row indexes: the seeders only lay these facts out as tables.

The business is made of cells that refer to nothing outside themselves but reference data: 10 clients, 20 products, 30 batches,
50 orders. So any attribute of any row can be computed from its index alone, and totals are right at every size.

    calendar → cells → staff, parties → catalogue → trade → fulfilment → stock → settlement
        → receivables, payables, procurement → books                   (imports point left)
"""
