# Le choix de l’organisation avant la connexion.
choose-your-organization = Choisissez votre organisation
choose-your-organization-for = Choisissez votre organisation – { $application }
used-on-this-device = Utilisées sur cet appareil
organization-name = Nom de l’organisation
organization-name-hint = Le nom court avec lequel votre organisation se connecte. Si vous ne le connaissez pas, demandez-le à votre administrateur.
no-organization = Pas d’organisation ?
use-personal-account = Utiliser un compte personnel
enter-organization-name = Saisissez le nom de votre organisation.
organization-not-found = Nous n’avons pas trouvé cette organisation. Vérifiez l’orthographe ou demandez à votre administrateur.
work-email = Adresse e-mail professionnelle
work-email-hint = Nous trouvons votre organisation grâce à la partie située après le @.
organization-name-or-email = Adresse e-mail professionnelle ou nom de l’organisation
organization-name-or-email-hint = Votre adresse au travail, ou le nom court avec lequel votre organisation se connecte.
enter-work-email = Saisissez votre adresse e-mail professionnelle.
enter-organization-name-or-email = Saisissez votre adresse e-mail professionnelle ou le nom de votre organisation.
