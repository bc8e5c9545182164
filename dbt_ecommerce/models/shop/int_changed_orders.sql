{{ changed_rows(
    now=ref('int_orders_known'),
    built='orders',
    key=['source_name', 'order_id'],
    told=['source_name', 'order_id', 'customer_id', 'ordered_on']
) }}
