# Lo que dicen varias páginas.
request-id = ID de la solicitud
error-title = Error: { $title }
continue-to = para continuar a { $application }
continue = Continuar
or = o
wait-seconds = { $seconds ->
    [one] { $seconds } segundo
   *[other] { $seconds } segundos
}
wait-minutes = { $minutes ->
    [one] { $minutes } minuto
   *[other] { $minutes } minutos
}
nothing-here = No hay nada en esta dirección
    .text = Compruebe la dirección o inicie sesión desde la aplicación que desea usar.
