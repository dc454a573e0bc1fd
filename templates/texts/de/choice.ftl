# Die Wahl unter den eigenen Organisationen und Konten.
organizations-of = { $person } kann sich bei diesen Organisationen anmelden.
your-organizations = Ihre Organisationen
search-organizations = Ihre Organisationen durchsuchen
search = Suchen
no-organization-like-this = Keine Ihrer Organisationen passt zu dieser Suche.
continue-personal = Weiter mit einem persönlichen Konto
pages-of-organizations = Weitere Ihrer Organisationen
previous-page = Zurück
next-page = Weiter
choose-account = Wählen Sie ein Konto
accounts = Konten
continue-as = Weiter als { $person }
use-another-account = Anderes Konto verwenden
# Der Nachweis einer Adresse, die mehrere Organisationen haben.
prove-address = Bestätigen Sie Ihre E-Mail-Adresse
prove-address-why = Wir senden einen Code an { $address }. Geben Sie ihn ein, um die Organisationen zu sehen, bei denen Sie sich anmelden können.
code-was-sent = Geben Sie die sechs Ziffern ein, die wir an { $address } gesendet haben.
code-for-organizations = Code
send-code = Code senden
use-another-address = Andere E-Mail-Adresse verwenden
wrong-code-for-organizations = Dieser Code ist falsch oder nicht mehr gültig. Prüfen Sie ihn, oder gehen Sie zurück und fordern Sie einen neuen an.
