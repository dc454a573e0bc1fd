# Se connecter avec un code envoyé par e-mail.
email-address = Adresse e-mail
email-hint = Nous vous enverrons un code pour vous connecter.
enter-email = Saisissez votre adresse e-mail.
other-ways-to-sign-in = Autres moyens de se connecter
enter-code-sent-to = Saisissez le code que nous avons envoyé à { $email }
code = Code
code-hint = Six chiffres. Si aucun e-mail n’arrive d’ici une minute, vérifiez votre dossier de courrier indésirable.
enter-code = Saisissez les six chiffres du code.
wrong-code = Ce code est incorrect ou n’est plus valable. Vérifiez-le ou demandez-en un nouveau.
too-many-codes = Trop de codes ont été demandés. Attendez { $span }, puis réessayez.
send-new-code = Envoyer un nouveau code
use-other-address = Utiliser une autre adresse e-mail
