# Correos: el asunto sin y con organización, el texto y la etiqueta del enlace.
mail-code = Su código para iniciar sesión
    .for = Su código para { $place }
    .text = { $minutes ->
        [one] Introduzca este código en la página que lo solicita. Es válido durante { $minutes } minuto.
       *[other] Introduzca este código en la página que lo solicita. Es válido durante { $minutes } minutos.
    }
mail-account-exists = Ya tiene una cuenta
    .for = Ya tiene una cuenta en { $place }
    .text = Alguien, probablemente usted, quiso registrarse con esta dirección. Ya tiene una cuenta: vuelva atrás e inicie sesión. Si ha olvidado la contraseña, allí puede elegir una nueva.
mail-invitation = Ha recibido una invitación
    .for = Ha recibido una invitación a { $place }
    .text = { $inviter } le invita a unirse a { $place } en { $application }.
    .button = Aceptar la invitación
    .footer = Recibe este correo porque { $inviter } le ha invitado. Si no conoce a esa persona, puede ignorarlo.
mail-password-reset = Elija una contraseña nueva
    .for = Elija una contraseña nueva para { $place }
    .text = Alguien, probablemente usted, ha pedido cambiar la contraseña de esta cuenta. El enlace solo se puede usar una vez.
    .button = Elegir una contraseña nueva
mail-password-changed = Se ha cambiado su contraseña
    .for = Se ha cambiado su contraseña de { $place }
    .text = Se ha cambiado la contraseña de esta cuenta. Si no ha sido usted, elija de inmediato una contraseña nueva y avise a su administrador.
    .footer = Este correo se envía cada vez que se cambia la contraseña de una cuenta.
mail-new-account = Confirme su correo electrónico
    .for = Confirme su correo electrónico para { $place }
    .text = Confirme que esta dirección de correo es suya y elija la contraseña de su cuenta nueva. El enlace solo se puede usar una vez.
    .button = Confirmar el correo electrónico
mail-verification = Confirme su correo electrónico
    .for = Confirme su correo electrónico para { $place }
    .text = Confirme que esta dirección de correo es suya. El enlace solo se puede usar una vez.
    .button = Confirmar el correo electrónico
mail-footer = Recibe este correo por un inicio de sesión. Si no lo ha solicitado, puede ignorarlo.
