# E-mails : l’objet sans et avec organisation, le texte et le libellé du lien.
mail-code = Votre code de connexion
    .for = Votre code pour { $place }
    .text = { $minutes ->
        [one] Saisissez ce code sur la page qui le demande. Il est valable { $minutes } minute.
       *[other] Saisissez ce code sur la page qui le demande. Il est valable { $minutes } minutes.
    }
mail-account-exists = Vous avez déjà un compte
    .for = Vous avez déjà un compte chez { $place }
    .text = Quelqu’un, probablement vous, a voulu s’inscrire avec cette adresse. Elle est déjà associée à un compte : revenez en arrière et connectez-vous. Si vous avez oublié le mot de passe, vous pourrez y en choisir un nouveau.
mail-invitation = Vous avez reçu une invitation
    .for = Vous êtes invité à rejoindre { $place }
    .text = { $inviter } vous invite à rejoindre { $place } dans { $application }.
    .button = Accepter l’invitation
    .footer = Vous recevez cet e-mail parce que { $inviter } vous a invité. Si vous ne connaissez pas cette personne, vous pouvez ignorer ce message.
mail-password-reset = Choisissez un nouveau mot de passe
    .for = Choisissez un nouveau mot de passe pour { $place }
    .text = Quelqu’un, probablement vous, a demandé à changer le mot de passe de ce compte. Le lien ne peut être utilisé qu’une fois.
    .button = Choisir un nouveau mot de passe
mail-password-changed = Votre mot de passe a été modifié
    .for = Votre mot de passe pour { $place } a été modifié
    .text = Le mot de passe de ce compte a été modifié. Si ce n’était pas vous, choisissez immédiatement un nouveau mot de passe et prévenez votre administrateur.
    .footer = Cet e-mail est envoyé à chaque modification du mot de passe d’un compte.
mail-new-account = Confirmez votre adresse e-mail
    .for = Confirmez votre adresse e-mail pour { $place }
    .text = Confirmez que cette adresse e-mail est la vôtre et choisissez le mot de passe de votre nouveau compte. Le lien ne peut être utilisé qu’une fois.
    .button = Confirmer l’adresse e-mail
mail-verification = Confirmez votre adresse e-mail
    .for = Confirmez votre adresse e-mail pour { $place }
    .text = Confirmez que cette adresse e-mail est la vôtre. Le lien ne peut être utilisé qu’une fois.
    .button = Confirmer l’adresse e-mail
mail-footer = Vous recevez cet e-mail à la suite d’une connexion. Si vous ne l’avez pas demandé, vous pouvez l’ignorer.
