# E-Mails: der Betreff ohne und mit Organisation, der Text und die Beschriftung des Links.
mail-code = Ihr Code zum Anmelden
    .for = Ihr Code für { $place }
    .text = { $minutes ->
        [one] Geben Sie diesen Code auf der Seite ein, die danach fragt. Er ist { $minutes } Minute lang gültig.
       *[other] Geben Sie diesen Code auf der Seite ein, die danach fragt. Er ist { $minutes } Minuten lang gültig.
    }
mail-account-exists = Sie haben bereits ein Konto
    .for = Sie haben bereits ein Konto bei { $place }
    .text = Jemand, wahrscheinlich Sie, wollte sich mit dieser Adresse registrieren. Für sie gibt es bereits ein Konto: Gehen Sie zurück, und melden Sie sich an. Wenn Sie das Passwort vergessen haben, können Sie dort ein neues wählen.
mail-invitation = Sie sind eingeladen
    .for = Sie sind zu { $place } eingeladen
    .text = { $inviter } lädt Sie ein, { $place } in { $application } beizutreten.
    .button = Einladung annehmen
    .footer = Sie erhalten diese E-Mail, weil { $inviter } Sie eingeladen hat. Wenn Ihnen das nichts sagt, können Sie sie ignorieren.
mail-password-reset = Neues Passwort wählen
    .for = Neues Passwort für { $place } wählen
    .text = Jemand, wahrscheinlich Sie, möchte das Passwort dieses Kontos ändern. Der Link kann einmal verwendet werden.
    .button = Neues Passwort wählen
mail-password-changed = Ihr Passwort wurde geändert
    .for = Ihr Passwort für { $place } wurde geändert
    .text = Das Passwort dieses Kontos wurde geändert. Wenn Sie das nicht waren, wählen Sie sofort ein neues Passwort, und informieren Sie Ihren Administrator.
    .footer = Diese E-Mail wird bei jeder Änderung des Passworts eines Kontos gesendet.
mail-new-account = Bestätigen Sie Ihre E-Mail-Adresse
    .for = Bestätigen Sie Ihre E-Mail-Adresse für { $place }
    .text = Bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört, und wählen Sie das Passwort Ihres neuen Kontos. Der Link kann einmal verwendet werden.
    .button = E-Mail-Adresse bestätigen
mail-verification = Bestätigen Sie Ihre E-Mail-Adresse
    .for = Bestätigen Sie Ihre E-Mail-Adresse für { $place }
    .text = Bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört. Der Link kann einmal verwendet werden.
    .button = E-Mail-Adresse bestätigen
mail-footer = Sie erhalten diese E-Mail wegen einer Anmeldung. Wenn Sie sie nicht angefordert haben, können Sie sie ignorieren.
