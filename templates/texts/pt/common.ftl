# O que várias páginas dizem.
request-id = ID da solicitação
error-title = Erro: { $title }
continue-to = para continuar para { $application }
continue = Continuar
or = ou
wait-seconds = { $seconds ->
    [one] { $seconds } segundo
   *[other] { $seconds } segundos
}
wait-minutes = { $minutes ->
    [one] { $minutes } minuto
   *[other] { $minutes } minutos
}
nothing-here = Não há nada neste endereço
    .text = Verifique o endereço ou entre pelo aplicativo que você deseja usar.
