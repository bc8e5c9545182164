{{ changed_rows(
    now=ref('int_order_items_unioned'),
    built='order_items',
    key=['source_name', 'order_item_id'],
    told=['source_name', 'order_id']
) }}
