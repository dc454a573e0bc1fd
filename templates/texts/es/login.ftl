# La página de una organización.
sign-in-to = Iniciar sesión en { $place }
other-account-needed = Ha iniciado sesión como { $person }, pero { $place } requiere otra cuenta.
no-options-title = Aún no hay ninguna forma de iniciar sesión.
no-options-organization = No hay ninguna opción de inicio de sesión activada para { $place }. Pida al administrador de su organización que active una y vuelva a cargar esta página.
no-options-application = No hay ninguna opción de inicio de sesión activada para { $place }. Pida a los responsables que activen una y vuelva a cargar esta página.
ways-to-sign-in = Formas de iniciar sesión
continue-with = Continuar con { $option }
email-or-username = Correo electrónico o nombre de usuario
password = Contraseña
sign-in = Iniciar sesión
not-your-organization = ¿No es { $organization }?
choose-another-organization = Elegir otra organización
choose-an-organization = Elegir una organización
wrong-credentials = El correo electrónico, el nombre de usuario o la contraseña no son correctos.
enter-credentials = Introduzca su correo electrónico o su nombre de usuario y su contraseña.
passwords-busy = Hay muchas personas iniciando sesión. Vuelva a intentarlo en un momento.
too-many-failures = Demasiados intentos fallidos. Espere { $span } y vuelva a intentarlo.
