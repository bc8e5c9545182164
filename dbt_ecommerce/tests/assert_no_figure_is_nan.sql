-- Every figure of every mart is a number: not NaN, which a bad value makes of
-- each sum that it comes into, and not infinite.
{%- set marts = [
    'acquisition_costs',
    'basket_pairs',
    'churn_by_segment',
    'churn_drivers',
    'churn_windows',
    'cohort_cancellation_reasons',
    'cohort_deductions',
    'customer_abc',
    'customer_churn',
    'customer_predictions',
    'customer_rfm',
    'customer_value',
    'customers_at_risk',
    'daily_anomalies',
    'days_between_orders',
    'dim_products',
    'fct_order_days',
    'fct_order_items',
    'fct_orders',
    'ltv_to_cac',
    'monthly_churn',
    'monthly_cohorts',
    'monthly_cohorts_by_segment',
    'monthly_seasonality',
    'new_and_returning',
    'order_gap_survival',
    'order_gaps',
    'prediction_calibration',
    'product_abc',
    'product_sales_last_7_days',
    'retention_outcomes',
    'revenue_forecast',
    'rfm_segment_moves',
    'rpt_churn_drivers',
    'rpt_churn_trend',
    'rpt_customers_at_risk',
    'rpt_outcomes',
    'rpt_prediction',
    'rpt_shop_totals',
    'rpt_told_customers',
    'rpt_weekly_report',
    'rpt_weekly_signals',
    'second_order_conversion',
    'seller_sales_last_7_days',
    'weekly_churn',
    'weekly_sales',
    'weekly_signals',
] %}
{%- if crm_sources() %}
{%- set marts = marts + [
    'deals_by_stage',
    'stage_conversion',
    'time_in_stage',
    'won_revenue',
] %}
{%- endif %}
{%- if 'hubspot' in var('sources') %}
{%- set marts = marts + [
    'companies',
] %}
{%- if var('hubspot_clinic') %}
{%- set marts = marts + [
    'company_ltv_to_cac',
    'specialty_ltv_to_cac',
] %}
{%- endif %}
{%- endif %}
{%- for mart in marts %}

select '{{ mart }}' as mart
from {{ ref(mart) }}
where {{ has_no_number(mart) }}
{%- if not loop.last %}

union all
{%- endif %}
{%- endfor %}
