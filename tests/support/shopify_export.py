"""The header of Shopify's export of orders, all 79 columns of it."""

ADDRESS = (
    "{0} Name,{0} Street,{0} Address1,{0} Address2,{0} Company,{0} City,{0} Zip,{0} Province,"
    "{0} Country,{0} Phone"
)
HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    f"{ADDRESS.format('Billing')},{ADDRESS.format('Shipping')}"
    ",Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,"
    "Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,"
    "Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,"
    "Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,"
    "Billing Province Name,Shipping Province Name,Payment ID,Payment Terms Name,"
    "Next Payment Due At,Payment References"
)
