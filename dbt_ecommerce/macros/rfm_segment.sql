{#
    Shopify's name for a customer by the recency score r and fm, the mean of the
    frequency and the monetary score. Shopify publishes the names, a phrase on each,
    and that R and FM decide; the borders are our reading of the phrases:

          FM  1, 1.5 | 2           | 2.5             | 3, 3.5 | 4       | 4.5, 5
        R 5   new    | new         | active          | active | champions
        R 4   promising            | active                   | loyal
        R 3   promising            | needs_attention          | loyal
        R 2,1 dormant| almost_lost | almost_lost     | at_risk          | previously_loyal

    Without a valid order there are no scores: prospects.
#}
{% macro rfm_segment(r, fm) -%}
    case
        when {{ r }} is null then 'prospects'
        when {{ r }} <= 2 and {{ fm }} >= 4.5 then 'previously_loyal'
        when {{ r }} <= 2 and {{ fm }} >= 3 then 'at_risk'
        when {{ r }} <= 2 and {{ fm }} >= 2 then 'almost_lost'
        when {{ r }} <= 2 then 'dormant'
        when {{ fm }} >= 4 and {{ r }} = 5 then 'champions'
        when {{ fm }} >= 4 then 'loyal'
        when {{ fm }} >= 2.5 and {{ r }} = 3 then 'needs_attention'
        when {{ fm }} >= 2.5 then 'active'
        when {{ r }} = 5 then 'new'
        else 'promising'
    end
{%- endmacro %}
