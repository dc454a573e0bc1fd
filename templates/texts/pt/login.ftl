# A página de uma organização.
sign-in-to = Entrar em { $place }
other-account-needed = Você entrou como { $person }, mas { $place } exige outra conta.
no-options-title = Ainda não há nenhuma forma de entrar.
no-options-organization = Nenhuma opção de acesso está ativada para { $place }. Peça ao administrador da sua organização que ative uma e recarregue esta página.
no-options-application = Nenhuma opção de acesso está ativada para { $place }. Peça aos responsáveis que ativem uma e recarregue esta página.
ways-to-sign-in = Formas de entrar
continue-with = Continuar com { $option }
email-or-username = E-mail ou nome de usuário
password = Senha
sign-in = Entrar
not-your-organization = Não é { $organization }?
choose-another-organization = Escolher outra organização
choose-an-organization = Escolher uma organização
wrong-credentials = E-mail, nome de usuário ou senha incorretos.
enter-credentials = Digite seu e-mail ou nome de usuário e sua senha.
passwords-busy = Muitas pessoas estão entrando agora. Tente novamente em instantes.
too-many-failures = Muitas tentativas malsucedidas. Aguarde { $span } e tente novamente.
