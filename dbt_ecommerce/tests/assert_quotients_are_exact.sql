-- Quotients worked by hand are the same in every database, up to 10^15 of a
-- weak currency. The one before the last is 40000.00499999999975, which sixteen
-- digits make 40000.005, to be rounded up.
with worked as (
    {%- for dividend, divisor, quotient in [
        (1, 8, 0.13),
        (-1, 8, -0.13),
        (1, -8, -0.13),
        (-2, -3, 0.67),
        (0, 5, 0),
        ('999999999999999.99', 3, '333333333333333.33'),
        (10 ** 15, 7, '142857142857142.86'),
        (10 ** 15, 1, 10 ** 15),
        (10 ** 15, 10 ** 15, 1),
        (10 ** 15, '0.0001', 'null'),
        (1, 0, 'null'),
        ('null', 1, 'null'),
        (9999999999, 10000000, 1000),
        (800000100040000, 20000000001, 40000),
        (800000100040001, 20000000001, '40000.01'),
    ] %}
    select
        cast({{ dividend }} as numeric(28, 4)) as dividend,
        cast({{ divisor }} as numeric(28, 4)) as divisor,
        cast({{ quotient }} as numeric(18, 2)) as expected
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

divided as (

    select
        *,
        {{ quotient('dividend', 'divisor') }} as told,
        {{ share('dividend', 'divisor') }} as told_share
    from worked

)

select *
from divided
where
    told != expected
    or (told is null) != (expected is null)
    or told_share > 999
