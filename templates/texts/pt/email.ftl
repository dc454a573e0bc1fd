# Entrar com um código enviado por e-mail.
email-address = Endereço de e-mail
email-hint = Enviaremos um código para você entrar.
enter-email = Digite seu endereço de e-mail.
other-ways-to-sign-in = Outras formas de entrar
enter-code-sent-to = Digite o código que enviamos para { $email }
code = Código
code-hint = Seis dígitos. Se nenhum e-mail chegar em um minuto, verifique a pasta de spam.
enter-code = Digite os seis dígitos do código.
wrong-code = Este código está incorreto ou não é mais válido. Verifique-o ou envie um novo.
too-many-codes = Muitos códigos foram solicitados. Aguarde { $span } e tente novamente.
send-new-code = Enviar um novo código
use-other-address = Usar outro endereço de e-mail
