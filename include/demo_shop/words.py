"""The words of the shop: states, channels, reasons and its 120 products. Data only.

Pairs are Portuguese and English; the shop speaks Portuguese in Portuguese locales only.
"""

STATES = (
    # code, name, region, people in millions (IBGE, census of 2022)
    ("AC", "Acre", "Norte", 0.83),
    ("AL", "Alagoas", "Nordeste", 3.13),
    ("AM", "Amazonas", "Norte", 3.94),
    ("AP", "Amapá", "Norte", 0.73),
    ("BA", "Bahia", "Nordeste", 14.14),
    ("CE", "Ceará", "Nordeste", 8.79),
    ("DF", "Distrito Federal", "Centro-Oeste", 2.82),
    ("ES", "Espírito Santo", "Sudeste", 3.83),
    ("GO", "Goiás", "Centro-Oeste", 7.06),
    ("MA", "Maranhão", "Nordeste", 6.78),
    ("MG", "Minas Gerais", "Sudeste", 20.54),
    ("MS", "Mato Grosso do Sul", "Centro-Oeste", 2.76),
    ("MT", "Mato Grosso", "Centro-Oeste", 3.66),
    ("PA", "Pará", "Norte", 8.12),
    ("PB", "Paraíba", "Nordeste", 3.97),
    ("PE", "Pernambuco", "Nordeste", 9.06),
    ("PI", "Piauí", "Nordeste", 3.27),
    ("PR", "Paraná", "Sul", 11.44),
    ("RJ", "Rio de Janeiro", "Sudeste", 16.06),
    ("RN", "Rio Grande do Norte", "Nordeste", 3.30),
    ("RO", "Rondônia", "Norte", 1.58),
    ("RR", "Roraima", "Norte", 0.64),
    ("RS", "Rio Grande do Sul", "Sul", 10.88),
    ("SC", "Santa Catarina", "Sul", 7.61),
    ("SE", "Sergipe", "Nordeste", 2.21),
    ("SP", "São Paulo", "Sudeste", 44.41),
    ("TO", "Tocantins", "Norte", 1.51),
)

SALES_CHANNELS = (
    # id, names, share of orders, share of them cancelled
    ("site", ("Site", "Website"), 0.42, 0.055),
    ("app", ("Aplicativo", "App"), 0.24, 0.050),
    ("marketplace", ("Marketplace", "Marketplace"), 0.16, 0.080),
    ("whatsapp", ("WhatsApp", "WhatsApp"), 0.10, 0.070),
    ("loja_fisica", ("Loja física", "Physical store"), 0.08, 0.030),
)

CANCELLATION_REASONS = (
    # reason, share, days after the order: earliest and latest
    (("Arrependimento", "Changed mind"), 0.34, 0, 5),
    (("Atraso na entrega", "Late delivery"), 0.24, 4, 10),
    (("Pagamento recusado", "Payment refused"), 0.22, 0, 2),
    (("Produto indisponível", "Out of stock"), 0.13, 0, 3),
    (("Endereço incorreto", "Wrong address"), 0.07, 0, 4),
)

RETURN_REASONS = (
    # reason, share
    (("Não gostou do produto", "Did not like it"), 0.32),
    (("Tamanho errado", "Wrong size"), 0.28),
    (("Produto com defeito", "Faulty product"), 0.26),
    (("Produto diferente do anúncio", "Not as described"), 0.14),
)

CATEGORIES = (
    # names, median price in BRL, spread of its logarithm, mean cost as a share of the price,
    # products from the cheapest to the dearest
    (
        ("Moda feminina", "Womenswear"),
        89,
        0.45,
        0.45,
        """Lenço estampado / Printed scarf
        Regata canelada / Ribbed tank top
        Camiseta básica algodão / Basic cotton tee
        Blusa de viscose / Viscose blouse
        Short de linho / Linen shorts
        Saia midi / Midi skirt
        Cardigã leve / Light cardigan
        Calça pantalona / Wide-leg trousers
        Vestido floral / Floral dress
        Calça jeans reta / Straight jeans
        Vestido longo / Maxi dress
        Jaqueta jeans / Denim jacket""",
    ),
    (
        ("Moda masculina", "Menswear"),
        95,
        0.45,
        0.46,
        """Kit de meias / Pack of socks
        Cueca boxer kit com 3 / Boxers pack of 3
        Camiseta lisa / Plain tee
        Cinto de couro / Leather belt
        Bermuda de sarja / Twill shorts
        Camisa polo / Polo shirt
        Camisa de linho / Linen shirt
        Camisa social slim / Slim dress shirt
        Calça chino / Chinos
        Moletom com capuz / Hoodie
        Calça jeans slim / Slim jeans
        Jaqueta corta-vento / Windbreaker""",
    ),
    (
        ("Calçados", "Shoes"),
        169,
        0.40,
        0.50,
        """Chinelo de borracha / Rubber flip-flops
        Pantufa de pelúcia / Plush slippers
        Rasteirinha / Flat sandals
        Sapatilha / Ballet flats
        Sandália de salto bloco / Block-heel sandals
        Mocassim / Loafers
        Tênis casual branco / White sneakers
        Scarpin / Pumps
        Bota cano curto / Ankle boots
        Sapato social de couro / Leather dress shoes
        Tênis de corrida / Running shoes
        Coturno / Combat boots""",
    ),
    (
        ("Beleza e saúde", "Beauty and health"),
        52,
        0.50,
        0.38,
        """Sabonete artesanal / Handmade soap
        Protetor labial / Lip balm
        Creme para as mãos / Hand cream
        Esmalte kit com 4 / Nail polish set of 4
        Shampoo hidratante / Moisturising shampoo
        Batom matte / Matte lipstick
        Máscara capilar / Hair mask
        Protetor solar FPS 50 / Sunscreen SPF 50
        Base líquida / Liquid foundation
        Sérum de vitamina C / Vitamin C serum
        Perfume 100 ml / Perfume 100 ml
        Secador de cabelo / Hair dryer""",
    ),
    (
        ("Casa e decoração", "Home and decor"),
        79,
        0.55,
        0.48,
        """Porta-retrato 15x21 / Photo frame 15x21
        Vela aromática / Scented candle
        Capa de almofada / Cushion cover
        Vaso de cerâmica / Ceramic vase
        Cesto organizador / Storage basket
        Toalha de banho / Bath towel
        Relógio de parede / Wall clock
        Manta de sofá / Sofa throw
        Jogo de cama casal / Double bed set
        Luminária de mesa / Table lamp
        Espelho redondo / Round mirror
        Tapete de sala / Living-room rug""",
    ),
    (
        ("Cozinha", "Kitchen"),
        99,
        0.60,
        0.52,
        """Pano de prato kit com 3 / Tea towels set of 3
        Caneca de porcelana / Porcelain mug
        Tábua de corte / Chopping board
        Garrafa térmica / Thermos flask
        Jogo de potes herméticos / Airtight jars set
        Faca do chef / Chef's knife
        Assadeira antiaderente / Non-stick baking tray
        Frigideira antiaderente / Non-stick frying pan
        Jogo de taças / Wine glasses set
        Liquidificador / Blender
        Cafeteira elétrica / Coffee maker
        Fritadeira sem óleo / Air fryer""",
    ),
    (
        ("Eletrônicos", "Electronics"),
        189,
        0.75,
        0.64,
        """Cabo USB-C / USB-C cable
        Suporte para celular / Phone stand
        Carregador rápido / Fast charger
        Mouse sem fio / Wireless mouse
        Carregador portátil / Power bank
        Teclado sem fio / Wireless keyboard
        Fone bluetooth / Bluetooth earphones
        Caixa de som portátil / Portable speaker
        Webcam full HD / Full HD webcam
        Relógio inteligente / Smartwatch
        Headset gamer / Gaming headset
        Tablet 10 polegadas / 10-inch tablet""",
    ),
    (
        ("Brinquedos", "Toys"),
        74,
        0.55,
        0.50,
        """Massinha de modelar / Modelling clay
        Bolha de sabão / Soap bubbles
        Jogo da memória / Memory game
        Quebra-cabeça 500 peças / 500-piece puzzle
        Boneca de pano / Rag doll
        Carrinho de fricção / Friction car
        Urso de pelúcia / Teddy bear
        Jogo de tabuleiro / Board game
        Blocos de montar / Building blocks
        Kit de ciências / Science kit
        Patinete infantil / Kids' scooter
        Casa de bonecas / Doll house""",
    ),
    (
        ("Esporte e lazer", "Sports and leisure"),
        109,
        0.60,
        0.49,
        """Corda de pular / Skipping rope
        Garrafa squeeze / Sports bottle
        Faixa elástica kit / Resistance bands set
        Boné esportivo / Sports cap
        Tapete de ioga / Yoga mat
        Bola de futebol / Football
        Legging fitness / Fitness leggings
        Par de halteres 3 kg / Pair of 3 kg dumbbells
        Mochila esportiva / Sports backpack
        Raquete de beach tennis / Beach tennis racket
        Barraca para 4 pessoas / 4-person tent
        Prancha de stand up / Stand-up paddle board""",
    ),
    (
        ("Papelaria", "Stationery"),
        29,
        0.55,
        0.42,
        """Bloco adesivo / Sticky notes
        Caneta gel kit com 6 / Gel pens set of 6
        Marca-texto pastel kit / Pastel highlighters set
        Caderno pontilhado / Dotted notebook
        Estojo escolar / Pencil case
        Lápis de cor 36 cores / 36 colouring pencils
        Caderno inteligente / Disc-bound notebook
        Planner anual / Yearly planner
        Organizador de mesa / Desk organiser
        Aquarela kit / Watercolour set
        Caneta-tinteiro / Fountain pen
        Mochila escolar / School backpack""",
    ),
)
