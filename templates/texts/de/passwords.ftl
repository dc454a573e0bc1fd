# Passwörter, die gewählt werden: was verlangt wird und was einem fehlt.
password-least = { $least ->
    [one] Mindestens { $least } Zeichen.
   *[other] Mindestens { $least } Zeichen.
}
password-kinds = Es muss einen Kleinbuchstaben, einen Großbuchstaben und eine Ziffer enthalten.
password-advice = Einige Wörter, die nichts miteinander zu tun haben, ergeben ein gutes Passwort.
password-too-short = { $least ->
    [one] Es muss mindestens { $least } Zeichen lang sein.
   *[other] Es muss mindestens { $least } Zeichen lang sein.
}
password-too-long = Dieses Passwort ist zu lang.
password-guessable = Dieses Passwort ist leicht zu erraten. Wählen Sie ein längeres oder ein weniger gebräuchliches.
password-repetitive = Es darf nicht dreimal hintereinander dasselbe Zeichen enthalten.
password-personal = Es darf weder Ihren Namen noch Ihre E-Mail-Adresse enthalten.
password-common = Dieses Passwort ist hier nicht erlaubt. Wählen Sie ein anderes.
password-used-before = Sie haben dieses Passwort schon einmal verwendet. Wählen Sie ein anderes.
too-many-tries = Zu viele Versuche. Warten Sie { $span }, und versuchen Sie es dann erneut.
new-password = Neues Passwort
forgot-title = Passwort vergessen?
forgot-lede = Wir senden Ihnen einen Link, mit dem Sie ein neues wählen können.
send-link = Link senden
back-to-sign-in = Zurück zur Anmeldung
link-sent = Sehen Sie in Ihrem Posteingang nach
    .text = Wenn es für { $email } ein Konto gibt, haben wir einen Link gesendet, mit dem Sie ein neues Passwort wählen können. Er ist eine Stunde lang gültig und kann einmal verwendet werden.
choose-password-title = Neues Passwort wählen
choose-password-for = für { $email }
save-password = Passwort speichern
password-saved = Ihr Passwort wurde geändert
    .text = Überall sonst sind Sie abgemeldet. Melden Sie sich mit Ihrem neuen Passwort an.
ticket-ended = Dieser Link ist nicht mehr gültig
    .text = Er wurde bereits verwendet, ist zu alt oder wurde durch einen neueren ersetzt. Gehen Sie dorthin zurück, wo Sie ihn angefordert haben, und fordern Sie einen neuen an.
verify-title = Bestätigen Sie Ihre E-Mail-Adresse
verify-lede = Bestätigen Sie, dass { $email } Ihnen gehört.
verify-button = E-Mail-Adresse bestätigen
email-verified = Ihre E-Mail-Adresse ist bestätigt
    .text = Sie können diese Seite schließen.
password-mail-unreadable = Geben Sie Ihre E-Mail-Adresse ein.
