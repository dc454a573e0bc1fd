# Iniciar sesión con un código enviado por correo.
email-address = Correo electrónico
email-hint = Le enviaremos un código para iniciar sesión.
enter-email = Introduzca su correo electrónico.
other-ways-to-sign-in = Otras formas de iniciar sesión
enter-code-sent-to = Introduzca el código que hemos enviado a { $email }
code = Código
code-hint = Seis cifras. Si no llega ningún correo en un minuto, revise la carpeta de correo no deseado.
enter-code = Introduzca las seis cifras del código.
wrong-code = Este código es incorrecto o ya no es válido. Compruébelo o envíe uno nuevo.
too-many-codes = Se han solicitado demasiados códigos. Espere { $span } y vuelva a intentarlo.
send-new-code = Enviar un código nuevo
use-other-address = Usar otro correo electrónico
