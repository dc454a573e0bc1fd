# La elección de la organización antes de iniciar sesión.
choose-your-organization = Elija su organización
choose-your-organization-for = Elija su organización – { $application }
used-on-this-device = Usadas en este dispositivo
organization-name = Nombre de la organización
organization-name-hint = El nombre corto con el que su organización inicia sesión. Si no lo conoce, consulte a su administrador.
no-organization = ¿Sin organización?
use-personal-account = Usar una cuenta personal
enter-organization-name = Introduzca el nombre de su organización.
organization-not-found = No hemos encontrado esa organización. Compruebe cómo está escrita o consulte a su administrador.
work-email = Correo electrónico de trabajo
work-email-hint = Encontramos su organización por la parte que sigue a la @.
organization-name-or-email = Correo electrónico de trabajo o nombre de la organización
organization-name-or-email-hint = Su dirección en el trabajo o el nombre corto con el que su organización inicia sesión.
enter-work-email = Introduzca su correo electrónico de trabajo.
enter-organization-name-or-email = Introduzca su correo electrónico de trabajo o el nombre de su organización.
