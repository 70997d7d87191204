"""Spanish, as it is spoken in the United States."""

from backend.api.citizen.words import Words


def _times(count: int) -> str:
    return "una vez" if count == 1 else f"{count:,} veces"


def _in(count: int) -> str:
    return "una emergencia" if count == 1 else f"{count:,} emergencias"


def _opened(month: str, openings: int, emergencies: int) -> str:
    kind = "se abrió una cámara" if openings == 1 else "se abrieron cámaras"
    return f"En {month} {kind} {_times(openings)}, en {_in(emergencies)}."


def _seconds(hours: int, minutes: int, seconds: int) -> str:
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


ES = Words(
    lang="es",
    name="Español",
    dir="ltr",
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
        *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    date="{day} de {month} de {year}",
    month_of=lambda month, year: f"{month} de {year}",
    hour=lambda date, since, until: f"{date}, de {since:02}:00 a {until:02}:00",
    title="Quién abrió cámaras y por qué",
    by=lambda agency: f"Publicado por {agency}",
    languages="Idioma",
    opened=_opened,
    none_opened=lambda month: f"En {month} no se ha abierto ninguna cámara.",
    take_part=lambda count: "Participa una cámara." if count == 1 else f"Participan {count:,} cámaras.",
    helped=lambda time: f"En la mitad de las emergencias se asignó ayuda en menos de {time}.",
    promise="Una cámara se abre solo por una emergencia, para una persona determinada y por un motivo. Se anota en "
    "un registro que nadie puede cambiar a escondidas antes de que alguien vea la imagen. Esta página muestra ese "
    "registro.",
    nothing_yet="Todavía no hay nada publicado. Las entradas aparecen aquí pocos minutos después de anotarse.",
    as_of=lambda size: f"Hasta la entrada {size:,} del registro.",
    check="¿Es verdad lo que dice esta página?",
    off="Su navegador puede comprobar por sí mismo esta página con el registro firmado, si JavaScript está activo. "
    "Sin él, cualquiera puede comprobarla con los comandos al final de esta página.",
    checking="Su navegador está comprobando esta página con el registro firmado…",
    first="Sí. Su navegador comprobó esta página con el registro firmado: todo lo que se muestra está en él.",
    come_back="Vuelva, y verá también si desde hoy se cambió o se quitó algo.",
    same="Sí. Su navegador comprobó esta página con el registro firmado: no se ha cambiado ni quitado nada desde su "
    "visita del {date}.",
    network="Su navegador no pudo comprobar esta página: no se cargó {what}. Puede ser correcta o no.",
    cannot="Este navegador no puede comprobar firmas. Uno más nuevo sí, y también los comandos al final de esta "
    "página.",
    broken="No. Esta página no es de fiar.",
    todo="Qué hacer: guarde los dos archivos de abajo, son la prueba. Enséñelos a alguien de confianza: el auditor "
    "de la agencia, su ayuntamiento, un periódico. Se pueden comprobar sin este sitio web.",
    by_signature="El punto de control no está firmado con la clave del registro.",
    by_key="El registro tiene otra clave que en su visita del {date}. Pregunte a la agencia, por otro medio que "
    "esta página, si es suya.",
    by_rollback="El registro es ahora más corto: el {date} tenía {before} entradas, y ahora {now}.",
    by_fork="El registro se escribió de nuevo: lo que había en él el {date} ya no está.",
    by_beyond="La página muestra {before} entradas, y el registro firmado tiene {now}.",
    by_file="Un archivo del registro no es lo que se firmó: {what}.",
    by_entry="La entrada {index} no es la que está en el registro firmado.",
    by_value="La entrada {index} muestra algo distinto de lo que se anotó: {field}.",
    by_figure="La página dice {before} aperturas este mes, y las entradas del registro dicen {now}.",
    counting="Está contando las aperturas de este mes…",
    counted="Contó las aperturas de este mes en las entradas mismas: {now}, como dice la página.",
    uncounted="Este mes tiene demasiadas entradas para contarlas aquí; los archivos de abajo las tienen todas.",
    again="Comprobar otra vez",
    keep_then="Guardar el punto de control de su última visita",
    keep_now="Guardar el punto de control de hoy",
    forget="Olvidar mi última visita y empezar de nuevo",
    mark_ok="comprobada",
    mark_bad="no es de fiar",
    mark_unknown="sin comprobar",
    openings="Aperturas",
    emergencies="Emergencias",
    cameras="Cámaras",
    watched="Tiempo visto",
    sealed="Selladas ahora",
    contested="Impugnadas",
    in_all="En total",
    this_month="Este mes",
    figures="En números",
    year="Los últimos doce meses",
    about_cameras="Aperturas de cámaras prestadas y de la ciudad.",
    by_month="Aperturas por mes",
    by_day=lambda month: f"Días de {month}",
    by_category="Qué había pasado",
    by_source="De quién eran las imágenes",
    by_reason="Por qué se abrió una cámara",
    by_district="Dónde",
    by_level="Qué permiten los dueños",
    about_sources="También se anota lo que muestran quienes llaman y lo que llevan los agentes.",
    as_table="Lo mismo en una tabla",
    month="Mes",
    merged_days=lambda count: f"{count:,} días con menos de cinco emergencias, juntos",
    merged_districts=lambda count: f"{count:,} distritos con menos de cinco emergencias, juntos",
    hidden="todavía no público",
    no_rows="Todavía no hay nada que mostrar.",
    response="Cuánto tardó la ayuda",
    response_of={
        "assigned": "Desde que se abrió la emergencia hasta que se asignó una unidad",
        "picture": "Desde que se abrió la emergencia hasta la primera imagen en vivo",
        "on-scene": "Desde que se abrió la emergencia hasta que alguien está en el lugar",
    },
    too_few="muy pocas para decirlo",
    about_on_scene="Las unidades dicen con una pulsación que están en el lugar; las emergencias en que ninguna lo "
    "dijo no se cuentan ahí.",
    median="La mitad en menos de",
    seconds=_seconds,
    latest="Las últimas entradas",
    entry=lambda index: f"Entrada {index}",
    details="Detalles",
    part_of=lambda entry: f"pertenece a: {entry}",
    search="Buscar",
    any="cualquiera",
    find="Buscar",
    everything="Mostrar todas",
    older="Entradas anteriores",
    newest="Entradas más recientes",
    not_found="No hay ninguna entrada así.",
    contests="Aperturas impugnadas",
    no_contests="Nadie impugna una apertura.",
    contest_of=lambda who: f"Impugnada por {who}",
    not_answered="Todavía sin respuesta.",
    about_seals="Un sello retiene la parte posterior de una entrada mientras hay una investigación abierta. Quién "
    "lo puso, por qué y hasta cuándo es también una entrada.",
    sealed_now=lambda count: (
        "Ninguna apertura está sellada ahora."
        if count == 0
        else "Una apertura está sellada ahora."
        if count == 1
        else f"{count:,} aperturas están selladas ahora."
    ),
    never="Qué no se publica nunca, y por qué",
    never_why=(
        "Direcciones, posiciones y qué cámara fue: mostrarían dónde alguien necesitó ayuda, y dónde hay cámaras que "
        "un ladrón podría evitar.",
        "Nombres y números de teléfono. Los agentes figuran con un seudónimo que cambia cada trimestre.",
        "Lo que la gente dijo o escribió, y el minuto exacto: podrían decir a un vecino quién llamó.",
        "Lo que es tan raro que señalaría a alguien: los distritos y días con menos de cinco emergencias se muestran "
        "juntos.",
        "El distrito, el seudónimo del agente y cómo terminó se abren unos días después de cerrarse la emergencia, "
        "para que nadie corra peligro mientras dura.",
    ),
    how="Cómo funciona",
    how_it_works=(
        "Antes de que se abra una imagen se añade una entrada a un registro que solo puede crecer.",
        "Cada entrada es como una fila de sobres cerrados: lo que hay en ellos quedó fijado en ese momento, y se "
        "abren cuando se puede mostrar.",
        "Cada pocos minutos se firma el registro, con un número que depende de todas sus entradas.",
        "Su navegador recuerda ese número, y en su próxima visita ve si el registro sigue conteniendo todo lo que "
        "tenía.",
        "Cualquiera puede hacer lo mismo con una copia del registro, sin este sitio web y sin fiarse de nosotros.",
    ),
    experts="Para expertos",
    for_experts=(
        "El registro usa los formatos de C2SP (tlog-tiles, puntos de control en signed-note) y el árbol del RFC "
        "6962; los campos abiertos son compromisos SHA-256 con sal. Tome la clave de otro sitio que esta página.",
        "Comprobar una copia, y que creció desde un punto de control que usted guardó:",
        "Mantener un espejo que puede estar en cualquier servidor web:",
        "Un lector independiente en Node, que no comparte nada con el nuestro:",
    ),
    downloads="Llévese todo",
    download={
        "entries.csv": "Todas las entradas en CSV",
        "entries.json": "Todas las entradas en JSON, con campos abiertos y sales",
        "statistics.csv": "Las cifras en CSV",
        "statistics.json": "Las cifras en JSON",
        "checkpoint": "El punto de control firmado",
        "key": "La clave del registro",
    },
    cell_note="En CSV, una celda que una hoja de cálculo ejecutaría empieza con un apóstrofo.",
    kinds={
        "open": "Abierta",
        "renew": "Siguió abierta",
        "end": "Vista",
        "close": "Cerrada",
        "seal": "Sellada",
        "unseal": "Sello retirado",
        "erase": "Borrada",
        "contest": "Impugnada",
        "answer": "Respondida",
        "look": "Foto mirada",
        "break-glass": "Reglas levantadas por un supervisor",
    },
    fields={
        "use": "Uso",
        "hour": "Cuándo",
        "source": "De quién es la imagen",
        "category": "Emergencia",
        "reason": "Motivo",
        "level": "Qué permite su dueño",
        "duration_s": "Cuánto tiempo",
        "viewers": "Cuántos podían verla",
        "district": "Distrito",
        "officer": "Agente (seudónimo)",
        "role": "Función",
        "assigned": "Asignado a ella",
        "distance": "Distancia de la cámara",
        "hours": "En el horario del dueño",
        "basis": "Permitida por",
        "bytes": "Bytes",
        "stills": "Fotos guardadas",
        "recorded": "Grabada",
        "outcome": "Cómo terminó",
        "by": "Por",
        "whom": "Para",
        "why": "Por qué",
        "until": "Hasta",
        "what": "Qué",
        "contest": "Responde a la entrada",
        "words": "Respuesta",
        "kind": "Qué pasó",
    },
    codes={
        "source": {
            "caller": "El teléfono de quien llama",
            "camera": "Cámaras prestadas y de la ciudad",
            "body-worn": "Cámaras corporales",
            "dash": "Cámaras de patrulla",
            "officer": "Teléfonos de agentes",
            "drone": "Drones",
        },
        "category": {
            "Break-in": "Robo en un edificio",
            "Medical": "Urgencia médica",
            "Fire": "Incendio",
            "Traffic collision": "Choque de tráfico",
            "Disturbance": "Disturbio",
            "Weapons": "Armas",
            "Domestic": "Violencia en el hogar",
            "Missing person": "Persona desaparecida",
            "Welfare check": "Ver si alguien está bien",
            "Other": "Otra",
            "Panic press": "Botón de pánico",
        },
        "reason": {
            "see-scene": "Para ver qué pasa",
            "find-person": "Para encontrar a alguien",
            "follow-suspect": "Para seguir a un sospechoso",
            "officer-safety": "Por la seguridad de los agentes",
            "site-call": "Llamó el propio lugar",
            "call": "La llamada misma",
        },
        "level": {
            "registry": "Solo en el mapa, sin imagen",
            "ask": "Se pregunta al dueño cada vez",
            "own-calls": "Solo cuando llama el propio lugar",
            "nearby": "Emergencias cercanas",
            "none": "–",
        },
        "district": {"none": "Fuera de los distritos"},
        "role": {
            "dispatcher": "operador",
            "officer": "agente",
            "supervisor": "supervisor",
            "owner": "su dueño",
            "caller": "quien llamó",
            "auditor": "auditor",
        },
        "what": {
            "place": "su lugar",
            "person": "quién fue",
            "words": "las palabras de la respuesta",
            "everything": "todo",
        },
        "assigned": {"yes": "sí", "no": "no"},
        "hours": {"yes": "sí", "no": "no", "none": "–"},
        "recorded": {"yes": "sí", "no": "no", "none": "–"},
        "basis": {"rules": "las reglas", "break-glass": "un supervisor, contra las reglas"},
        "distance": {
            "within 50 m": "hasta 50 m",
            "within 100 m": "hasta 100 m",
            "within 250 m": "hasta 250 m",
            "within 500 m": "hasta 500 m",
            "within 1000 m": "hasta 1000 m",
            "farther": "más lejos",
            "unknown": "no se sabe",
            "none": "–",
        },
        "outcome": {
            "closed": "la cerró quien la había abierto",
            "expired": "se acabó su tiempo",
            "incident-closed": "terminó la emergencia",
            "released": "se liberó la unidad",
            "owner-stopped": "la paró el dueño",
            "owner-paused": "el dueño puso la cámara en pausa",
            "owner-changed": "el dueño cambió lo que permite",
            "connector-away": "se perdió la conexión de la cámara",
            "camera-trouble": "falló la cámara",
            "log-away": "no se pudo anotar, así que nadie la vio",
            "hung-up": "quien miraba se fue",
            "replaced": "la imagen empezó de nuevo",
            "revoked": "ya no estaba permitido",
            "silent": "se perdió la conexión de quien miraba",
            "failed": "nunca se conectó",
            "shutdown": "se paró el servicio",
            "upheld": "No debió abrirse así",
            "partly": "Una parte no estuvo bien",
            "explained": "Las reglas lo permitían",
        },
        "why": {
            "investigation": "una investigación abierta",
            "court": "lo ordena un tribunal",
            "law": "lo pide la ley",
            "safety": "alguien correría peligro",
            "mistake": "no debió anotarse nunca",
            "nearest": "la ayuda más cercana, sin tiempo de asignarla",
            "officer-in-danger": "un agente en peligro",
            "specialist": "hacía falta un especialista",
            "takes-command": "toma el mando",
            "mutual-aid": "ayuda de otro lugar",
            "no-emergency": "no pasó nada cerca de esta cámara",
            "not-allowed": "el dueño no lo permitía",
            "too-long": "se miró demasiado tiempo",
            "wrong-reason": "el motivo no es el verdadero",
            "misused": "lo visto se usó para otra cosa",
            "facts-wrong": "el recibo no dice lo que pasó",
        },
    },
)
