{#- A new price list is no reason to compute every order anew. -#}
{{ changed_rows(
    now=ref('int_products_unioned'),
    built='products',
    key=['source_name', 'product_id'],
    told=['source_name', 'product_id'],
    aside=['list_price']
) }}
