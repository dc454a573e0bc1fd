# A escolha da organização antes do acesso.
choose-your-organization = Escolha sua organização
choose-your-organization-for = Escolha sua organização – { $application }
used-on-this-device = Usadas neste dispositivo
organization-name = Nome da organização
organization-name-hint = O nome curto com que sua organização entra. Se você não o souber, pergunte ao seu administrador.
no-organization = Sem organização?
use-personal-account = Usar uma conta pessoal
enter-organization-name = Digite o nome da sua organização.
organization-not-found = Não encontramos essa organização. Verifique a grafia ou pergunte ao seu administrador.
work-email = E-mail de trabalho
work-email-hint = Encontramos sua organização pela parte depois do @.
organization-name-or-email = E-mail de trabalho ou nome da organização
organization-name-or-email-hint = Seu endereço no trabalho ou o nome curto com que sua organização entra.
enter-work-email = Digite seu e-mail de trabalho.
enter-organization-name-or-email = Digite seu e-mail de trabalho ou o nome da sua organização.
