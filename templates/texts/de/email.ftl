# Anmelden mit einem Code per E-Mail.
email-address = E-Mail-Adresse
email-hint = Wir senden Ihnen einen Code, mit dem Sie sich anmelden.
enter-email = Geben Sie Ihre E-Mail-Adresse ein.
other-ways-to-sign-in = Andere Anmeldemöglichkeiten
enter-code-sent-to = Geben Sie den Code ein, den wir an { $email } gesendet haben
code = Code
code-hint = Sechs Ziffern. Wenn innerhalb einer Minute keine E-Mail eintrifft, sehen Sie in Ihrem Spam-Ordner nach.
enter-code = Geben Sie die sechs Ziffern des Codes ein.
wrong-code = Dieser Code ist falsch oder nicht mehr gültig. Prüfen Sie ihn, oder senden Sie einen neuen.
too-many-codes = Es wurden zu viele Codes angefordert. Warten Sie { $span }, und versuchen Sie es dann erneut.
send-new-code = Neuen Code senden
use-other-address = Andere E-Mail-Adresse verwenden
