with customers_at_risk as (

    select *
    from {{ ref('customers_at_risk') }}
    where is_to_contact_first

),

customers as (

    select * from {{ ref('dim_customers') }}

),

contacts as (

    select * from {{ ref('int_contacts') }}

),

-- of the lists of the week before
last_contacts as (

    select
        contacts.customer_key,
        contacts.outcome,
        row_number() over (
            partition by contacts.customer_key
            order by contacts.listed_on desc
        ) as recency
    from contacts
    inner join customers_at_risk
        on
            contacts.customer_key = customers_at_risk.customer_key
            and contacts.listed_on < customers_at_risk.as_of_on
            and contacts.listed_on
            >= {{ dbt.dateadd('day', -7, 'customers_at_risk.as_of_on') }}

),

final as (

    select
        -- ids
        customers_at_risk.customer_key,
        customers_at_risk.customer_id,

        -- strings
        customers_at_risk.customer_name,
        customers.email,
        customers_at_risk.state,
        customers_at_risk.last_product_name,
        customers_at_risk.suggested_reason,
        customers_at_risk.cancellation_reason,
        last_contacts.outcome as last_contact,

        -- numerics
        customers_at_risk.risk_rank,
        customers_at_risk.rhythm_days,
        customers_at_risk.days_overdue,
        customers_at_risk.valid_orders,
        customers_at_risk.revenue,
        customers_at_risk.value_at_stake,
        customers_at_risk.probability_alive,

        -- dates
        customers_at_risk.last_order_on,
        customers_at_risk.as_of_on

    from customers_at_risk
    inner join customers
        on customers_at_risk.customer_key = customers.customer_key
    left join last_contacts
        on
            customers_at_risk.customer_key = last_contacts.customer_key
            and last_contacts.recency = 1

)

select * from final
