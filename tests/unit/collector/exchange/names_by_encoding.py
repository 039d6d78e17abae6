"""Names of customers, as they are written in the encodings that people still save files in."""

GERMAN = ("Müller GmbH", "Bäckerei Köhler", "Straßenmeisterei", "Jägerhof", "Zürcher Kantonalbank", "Gästehaus Schön")
FRENCH = ("Café de Flore", "Hôtel Crème", "Société Générale", "Musée d'Orsay", "Besançon Événements", "Maison Brûlée")
SPANISH = ("Museo de Málaga", "Hotel Núñez", "Córdoba Turismo", "Compañía Española", "Martínez García", "León Ibérica")
PORTUGUESE = ("São Paulo Turismo", "Conceição Lda", "Simões e Irmãos", "Évora Hotéis", "Aviões do Brasil")
NORDIC = ("Malmö Gästgiveri", "Tromsø Hotell", "Århus Kommune", "Hämeenlinna Oy", "Kjøbenhavn Bæk", "Göteborgs Museum")
POLISH = ("Hotel Łódź", "Gdańskie Muzeum", "Śląsk Wrocław", "Świętokrzyska", "Żywiec Zdrój", "Krakówek Miód")
CZECH = ("Dvořák a synové", "Škoda Plzeň", "Žižkovská věž", "Hotel Třeboň", "Česká pošta", "Městské muzeum")
HUNGARIAN = ("Győri Szálloda", "Székesfehérvár", "Művészetek Háza", "Budapesti Fürdő", "Hősök tere")
TURKISH = ("Işık Oteli", "Güneş Turizm", "Şişli Belediyesi", "İstanbul Müzesi", "Yıldız Sarayı", "Beyoğlu Kültür")
LITHUANIAN = ("Kauno viešbutis", "Šilutės muziejus", "Žalgirio arena", "Vilniaus įmonė", "Panevėžys", "Ąžuolų namai")
LATVIAN = ("Rīgas viesnīca", "Jūrmalas māja", "Ķekavas novads", "Daugavpils māksla", "Liepājas muzejs")
ESTONIAN = ("Tallinna Ülikool", "Pärnu Mõis", "Võru Hotell", "Jõhvi Kultuurikeskus", "Šveitsi Maja")
HEBREW = ("מלון ירושלים", "מוזיאון ישראל", "חברת החשמל", "בית החולים איכילוב", "תל אביב", "אוניברסיטת חיפה")
JAPANESE = (
    "東京タワー",
    "株式会社日立製作所",
    "京都国立博物館",
    "帝国ホテル大阪",
    "佐藤商店",
    "トヨタ自動車",
    "日航福岡",
)
CHINESE = (
    "北京市博物馆有限公司", "上海浦东丽思卡尔顿酒店", "故宫博物院", "深圳湾万象城", "阿里巴巴集团", "洛阳龙门石窟",
    "苏州博物馆", "敦煌莫高窟", "瑞幸咖啡", "杭州西湖国宾馆", "中国科学技术馆", "广州白云国际机场",
    "张家界景区管理委员会", "海底捞火锅",
)  # fmt: skip
TAIWANESE = (
    "台北故宮博物院",
    "國立海洋生物博物館",
    "鴻海精密工業",
    "圓山大飯店",
    "高雄醫學大學",
    "SOGO百貨",
    "台北101",
)
RUSSIAN = ("Гостиница Москва", "Эрмитаж музей", "Аэропорт Шереметьево", "ООО Ромашка", "Третьяковка", "Сбербанк")
GREEK = ("Ξενοδοχείο Αθήνα", "Μουσείο Ακρόπολης", "Εθνική Τράπεζα", "Αεροδρόμιο Θεσσαλονίκης")
ARABIC = ("فندق القاهرة", "متحف الفن", "شركة النيل", "مطار دبي الدولي")
THAI = ("โรงแรมกรุงเทพ", "พิพิธภัณฑ์แห่งชาติ", "สนามบินสุวรรณภูมิ")

WESTERN = GERMAN + FRENCH + SPANISH + PORTUGUESE + NORDIC
CENTRAL = POLISH + CZECH + HUNGARIAN

READ = {
    "gb18030": (CHINESE,),
    "cp1252": (GERMAN, ("Wendy’s Diner", "O’Neill’s Müller", "Smith – Sohn"), SPANISH[:1] + SPANISH[2:3] + SPANISH[5:]),
    "shift_jis": (JAPANESE,),
    "big5": (TAIWANESE,),
    "cp1251": (RUSSIAN,),
    "cp1250": (("Śląsk Wrocław", "Żywiec Zdrój"),),
}
"""An encoding that is read -> files in it that prove themselves."""

UNREAD = {
    "mac_roman": (GERMAN, FRENCH, SPANISH, PORTUGUESE, NORDIC, WESTERN),
    "cp850": (GERMAN, FRENCH, SPANISH, PORTUGUESE, NORDIC, WESTERN),
    "euc_jp": (JAPANESE, ("佐藤太郎", "鈴木花子"), ("東京都",)),
    "iso8859-2": (POLISH, CZECH, HUNGARIAN, CENTRAL),
    "cp1255": (HEBREW,),
    "cp1254": (TURKISH,),
    "cp1257": (LITHUANIAN, LATVIAN, ESTONIAN, LITHUANIAN + LATVIAN + ESTONIAN),
    "mac_latin2": (POLISH, CZECH, CENTRAL),
    "mac_cyrillic": (RUSSIAN,),
    "cp852": (POLISH, CZECH, CENTRAL),
    "cp857": (TURKISH,),
    "cp775": (LITHUANIAN, LATVIAN),
    "cp866": (RUSSIAN,),
    "koi8-r": (RUSSIAN,),
    "iso8859-5": (RUSSIAN,),
    "cp1253": (GREEK,),
    "cp1256": (ARABIC,),
    "cp874": (THAI,),
}
"""An encoding that is not read -> files in it."""
