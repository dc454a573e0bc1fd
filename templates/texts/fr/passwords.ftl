# Les mots de passe que l’on choisit : ce qui est demandé et ce qui manque.
password-least = { $least ->
    [one] Au moins { $least } caractère.
   *[other] Au moins { $least } caractères.
}
password-kinds = Il doit contenir une minuscule, une majuscule et un chiffre.
password-advice = Quelques mots sans rapport entre eux font un bon mot de passe.
password-too-short = { $least ->
    [one] Il doit contenir au moins { $least } caractère.
   *[other] Il doit contenir au moins { $least } caractères.
}
password-too-long = Ce mot de passe est trop long.
password-guessable = Ce mot de passe est facile à deviner. Choisissez-en un plus long ou moins courant.
password-repetitive = Il ne doit pas contenir trois fois de suite le même caractère.
password-personal = Il ne doit contenir ni votre nom ni votre adresse e-mail.
password-common = Ce mot de passe n’est pas autorisé ici. Choisissez-en un autre.
password-used-before = Vous avez déjà utilisé ce mot de passe. Choisissez-en un autre.
too-many-tries = Trop de tentatives. Attendez { $span }, puis réessayez.
new-password = Nouveau mot de passe
forgot-title = Mot de passe oublié ?
forgot-lede = Nous vous enverrons un lien pour en choisir un nouveau.
send-link = Envoyer le lien
back-to-sign-in = Retour à la connexion
link-sent = Consultez votre messagerie
    .text = S’il existe un compte pour { $email }, nous avons envoyé un lien pour choisir un nouveau mot de passe. Il est valable une heure et ne peut être utilisé qu’une fois.
choose-password-title = Choisissez un nouveau mot de passe
choose-password-for = pour { $email }
save-password = Enregistrer le mot de passe
password-saved = Votre mot de passe a été modifié
    .text = Vous êtes déconnecté partout ailleurs. Connectez-vous avec votre nouveau mot de passe.
ticket-ended = Ce lien n’est plus valable
    .text = Il a déjà été utilisé, est trop ancien ou a été remplacé par un plus récent. Revenez à l’endroit où vous l’avez demandé et demandez-en un nouveau.
verify-title = Confirmez votre adresse e-mail
verify-lede = Confirmez que { $email } est la vôtre.
verify-button = Confirmer l’adresse e-mail
email-verified = Votre adresse e-mail est confirmée
    .text = Vous pouvez fermer cette page.
password-mail-unreadable = Saisissez votre adresse e-mail.
