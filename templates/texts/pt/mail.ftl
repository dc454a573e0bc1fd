# E-mails: o assunto sem e com organização, o texto e o rótulo do link.
mail-code = Seu código para entrar
    .for = Seu código para { $place }
    .text = { $minutes ->
        [one] Digite este código na página que o solicita. Ele é válido por { $minutes } minuto.
       *[other] Digite este código na página que o solicita. Ele é válido por { $minutes } minutos.
    }
mail-account-exists = Você já tem uma conta
    .for = Você já tem uma conta em { $place }
    .text = Alguém, provavelmente você, quis se cadastrar com este endereço. Ele já tem uma conta: volte e entre. Se você esqueceu a senha, poderá escolher uma nova ali.
mail-invitation = Você recebeu um convite
    .for = Você recebeu um convite para { $place }
    .text = { $inviter } convida você a participar de { $place } em { $application }.
    .button = Aceitar o convite
    .footer = Você recebeu este e-mail porque { $inviter } convidou você. Se não conhece essa pessoa, pode ignorá-lo.
mail-password-reset = Escolha uma nova senha
    .for = Escolha uma nova senha para { $place }
    .text = Alguém, provavelmente você, pediu para alterar a senha desta conta. O link só pode ser usado uma vez.
    .button = Escolher uma nova senha
mail-password-changed = Sua senha foi alterada
    .for = Sua senha de { $place } foi alterada
    .text = A senha desta conta foi alterada. Se não foi você, escolha imediatamente uma nova senha e avise seu administrador.
    .footer = Este e-mail é enviado sempre que a senha de uma conta é alterada.
mail-new-account = Confirme seu endereço de e-mail
    .for = Confirme seu endereço de e-mail para { $place }
    .text = Confirme que este endereço de e-mail é seu e escolha a senha da sua nova conta. O link só pode ser usado uma vez.
    .button = Confirmar o endereço de e-mail
mail-verification = Confirme seu endereço de e-mail
    .for = Confirme seu endereço de e-mail para { $place }
    .text = Confirme que este endereço de e-mail é seu. O link só pode ser usado uma vez.
    .button = Confirmar o endereço de e-mail
mail-footer = Você recebeu este e-mail por causa de um acesso. Se não o solicitou, pode ignorá-lo.
