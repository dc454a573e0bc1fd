# Was mehrere Seiten sagen.
request-id = Anfrage-ID
error-title = Fehler: { $title }
continue-to = weiter zu { $application }
continue = Weiter
or = oder
wait-seconds = { $seconds ->
    [one] { $seconds } Sekunde
   *[other] { $seconds } Sekunden
}
wait-minutes = { $minutes ->
    [one] { $minutes } Minute
   *[other] { $minutes } Minuten
}
nothing-here = Unter dieser Adresse gibt es nichts
    .text = Prüfen Sie die Adresse, oder melden Sie sich über die Anwendung an, die Sie verwenden möchten.
