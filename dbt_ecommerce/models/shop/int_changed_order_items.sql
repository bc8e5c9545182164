{{ changed_rows(
    now=ref('int_order_items_unioned'),
    built='order_items',
    key=['source_name', 'order_item_id'],
    columns=[
        'source_name', 'order_item_id', 'order_id', 'product_id',
        'product_name', 'quantity', 'unit_price', 'discount',
    ],
    told=['source_name', 'order_id']
) }}
