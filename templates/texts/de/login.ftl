# Die Seite einer Organisation.
sign-in-to = Anmelden bei { $place }
other-account-needed = Sie sind als { $person } angemeldet, aber { $place } erfordert ein anderes Konto.
no-options-title = Es gibt noch keine Möglichkeit, sich anzumelden.
no-options-organization = Für { $place } ist keine Anmeldemöglichkeit aktiviert. Bitten Sie den Administrator Ihrer Organisation, eine zu aktivieren, und laden Sie diese Seite dann neu.
no-options-application = Für { $place } ist keine Anmeldemöglichkeit aktiviert. Bitten Sie die Betreiber, eine zu aktivieren, und laden Sie diese Seite dann neu.
ways-to-sign-in = Anmeldemöglichkeiten
continue-with = Weiter mit { $option }
email-or-username = E-Mail oder Benutzername
password = Passwort
sign-in = Anmelden
not-your-organization = Nicht { $organization }?
choose-another-organization = Andere Organisation wählen
choose-an-organization = Organisation wählen
wrong-credentials = E-Mail, Benutzername oder Passwort ist falsch.
enter-credentials = Geben Sie Ihre E-Mail-Adresse oder Ihren Benutzernamen und Ihr Passwort ein.
passwords-busy = Gerade melden sich viele Personen an. Versuchen Sie es gleich noch einmal.
too-many-failures = Zu viele fehlgeschlagene Versuche. Warten Sie { $span }, und versuchen Sie es dann erneut.
