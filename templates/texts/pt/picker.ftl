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
