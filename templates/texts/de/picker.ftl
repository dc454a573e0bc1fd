# Die Auswahl der Organisation vor der Anmeldung.
choose-your-organization = Wählen Sie Ihre Organisation
choose-your-organization-for = Wählen Sie Ihre Organisation – { $application }
used-on-this-device = Auf diesem Gerät verwendet
organization-name = Name der Organisation
organization-name-hint = Der Kurzname, mit dem sich Ihre Organisation anmeldet. Fragen Sie Ihren Administrator, wenn Sie ihn nicht kennen.
no-organization = Keine Organisation?
use-personal-account = Persönliches Konto verwenden
enter-organization-name = Geben Sie den Namen Ihrer Organisation ein.
organization-not-found = Wir konnten diese Organisation nicht finden. Prüfen Sie die Schreibweise, oder fragen Sie Ihren Administrator.
