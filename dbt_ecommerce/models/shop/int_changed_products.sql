{{ changed_rows(
    now=ref('int_products_unioned'),
    built='products',
    key=['source_name', 'product_id'],
    columns=[
        'source_name', 'product_id', 'product_name', 'category', 'list_price',
        'unit_cost', 'is_goods',
    ],
    told=['source_name', 'product_id']
) }}
