{{ changed_rows(
    now=ref('int_orders_known'),
    built='orders',
    key=['source_name', 'order_id'],
    columns=[
        'source_name', 'order_id', 'customer_id', 'seller_id', 'sales_channel',
        'cancellation_reason', 'currency', 'is_cancelled', 'is_returned',
        'ordered_on', 'cancelled_on', 'returned_on', 'ordered_at',
    ],
    told=['source_name', 'order_id', 'customer_id', 'ordered_on']
) }}
