{%- set control_share = var('control_share') | float -%}
{#- the share of the hashes that are below it: eight hexadecimal digits -#}
{%- set control_below = '%08x' % ((control_share * 16 ** 8) | int) -%}

with customer_churn as (

    select * from {{ ref('customer_churn') }}

),

predictions as (

    select * from {{ ref('customer_predictions') }}

),

-- Revenue stands for the margin of all where the costs of one are not known:
-- a revenue beside a margin is no comparison, and no sum.
candidates as (

    select
        customer_churn.customer_key,
        customer_churn.source_name,
        customer_churn.customer_id,
        customer_churn.status,
        customer_churn.valid_orders,
        customer_churn.order_days,
        customer_churn.revenue,
        customer_churn.margin_rate,
        customer_churn.days_since_last_order,
        customer_churn.rhythm_days,
        customer_churn.last_order_on,
        customer_churn.as_of_on,
        predictions.probability_alive,
        predictions.expected_order_days,
        predictions.expected_revenue,
        predictions.frequency,
        predictions.age_weeks,
        count(customer_churn.margin_rate) over () > 0
        and sum(
            case
                when
                    customer_churn.margin_rate is null
                    and customer_churn.revenue > 0
                    then 1
                else 0
            end
        ) over () = 0 as are_margins_known,
        avg(customer_churn.margin_rate) over () as mean_margin_rate
    from customer_churn
    inner join predictions
        on customer_churn.customer_key = predictions.customer_key
    where
        not customer_churn.is_churned
        and (
            customer_churn.status = 'at_risk'
            or predictions.probability_alive
            < {{ var('at_risk_probability') }}
        )

),

rated as (

    select
        *,
        case when are_margins_known then 'margin' else 'revenue' end
            as valued_by,
        -- who paid nothing so far is taken to be like the others
        case
            when are_margins_known
                then coalesce(margin_rate, mean_margin_rate)
            else 1
        end as value_rate
    from candidates

),

final as (

    select
        *,
        expected_revenue * value_rate as expected_value,
        expected_revenue * value_rate * (1 - probability_alive)
            as value_at_stake,
        -- not by the key itself: what else is drawn by it would be drawn alike
        {% if control_share >= 1 %}
        true
        {%- else %}
        {{ bytewise(dbt.hash(dbt.concat([
            'cast(customer_key as ' ~ dbt.type_string() ~ ')', "'|control'"
        ]))) }} < '{{ control_below }}'
        {%- endif %} as is_control
    from rated

)

select * from final
