# La elección entre las propias organizaciones y cuentas.
organizations-of = { $person } puede iniciar sesión en estas organizaciones.
your-organizations = Sus organizaciones
search-organizations = Buscar entre sus organizaciones
search = Buscar
no-organization-like-this = Ninguna de sus organizaciones coincide con la búsqueda.
continue-personal = Continuar con una cuenta personal
pages-of-organizations = Más de sus organizaciones
previous-page = Anterior
next-page = Siguiente
choose-account = Elija una cuenta
accounts = Cuentas
continue-as = Continuar como { $person }
use-another-account = Usar otra cuenta
# La prueba de una dirección que tienen varias organizaciones.
prove-address = Confirme su correo electrónico
prove-address-why = Enviaremos un código a { $address }. Introdúzcalo para ver las organizaciones en las que puede iniciar sesión.
code-was-sent = Introduzca las seis cifras que hemos enviado a { $address }.
code-for-organizations = Código
send-code = Enviar el código
use-another-address = Usar otro correo electrónico
wrong-code-for-organizations = Este código es incorrecto o ya no es válido. Compruébelo, o vuelva atrás y solicite uno nuevo.
