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
work-email = Geschäftliche E-Mail-Adresse
work-email-hint = Wir finden Ihre Organisation anhand des Teils nach dem @.
organization-name-or-email = Geschäftliche E-Mail-Adresse oder Name der Organisation
organization-name-or-email-hint = Ihre E-Mail-Adresse bei der Arbeit oder der Kurzname, mit dem sich Ihre Organisation anmeldet.
enter-work-email = Geben Sie Ihre geschäftliche E-Mail-Adresse ein.
enter-organization-name-or-email = Geben Sie Ihre geschäftliche E-Mail-Adresse oder den Namen Ihrer Organisation ein.
