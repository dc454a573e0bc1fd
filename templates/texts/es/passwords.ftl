# Las contraseñas que se eligen: qué se pide y qué le falta a una.
password-least = { $least ->
    [one] Como mínimo, { $least } carácter.
   *[other] Como mínimo, { $least } caracteres.
}
password-kinds = Debe contener una letra minúscula, una letra mayúscula y una cifra.
password-advice = Unas cuantas palabras sin relación entre sí forman una buena contraseña.
password-too-short = { $least ->
    [one] Debe tener al menos { $least } carácter.
   *[other] Debe tener al menos { $least } caracteres.
}
password-too-long = Esta contraseña es demasiado larga.
password-guessable = Esta contraseña es fácil de adivinar. Elija una más larga o menos común.
password-repetitive = No puede contener el mismo carácter tres veces seguidas.
password-personal = No puede contener su nombre ni su correo electrónico.
password-common = Esta contraseña no está permitida aquí. Elija otra.
password-used-before = Ya ha usado esta contraseña anteriormente. Elija otra.
too-many-tries = Demasiados intentos. Espere { $span } y vuelva a intentarlo.
new-password = Contraseña nueva
forgot-title = ¿Ha olvidado su contraseña?
forgot-lede = Le enviaremos un enlace para elegir una nueva.
send-link = Enviar el enlace
back-to-sign-in = Volver al inicio de sesión
link-sent = Revise su correo
    .text = Si existe una cuenta para { $email }, hemos enviado un enlace para elegir una contraseña nueva. Es válido durante una hora y solo se puede usar una vez.
choose-password-title = Elija una contraseña nueva
choose-password-for = para { $email }
save-password = Guardar la contraseña
password-saved = Se ha cambiado su contraseña
    .text = Se ha cerrado su sesión en todos los demás lugares. Inicie sesión con su contraseña nueva.
ticket-ended = Este enlace ya no es válido
    .text = Ya se ha usado, es demasiado antiguo o se ha sustituido por uno más reciente. Vuelva al lugar donde lo solicitó y solicite uno nuevo.
verify-title = Confirme su correo electrónico
verify-lede = Confirme que { $email } es suyo.
verify-button = Confirmar el correo electrónico
email-verified = Su correo electrónico está confirmado
    .text = Puede cerrar esta página.
password-mail-unreadable = Introduzca su correo electrónico.
