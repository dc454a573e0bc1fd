# As senhas que se escolhem: o que é exigido e o que falta a uma.
password-least = { $least ->
    [one] Pelo menos { $least } caractere.
   *[other] Pelo menos { $least } caracteres.
}
password-kinds = Ela precisa conter uma letra minúscula, uma letra maiúscula e um dígito.
password-advice = Algumas palavras sem relação entre si formam uma boa senha.
password-too-short = { $least ->
    [one] Ela precisa ter pelo menos { $least } caractere.
   *[other] Ela precisa ter pelo menos { $least } caracteres.
}
password-too-long = Esta senha é longa demais.
password-guessable = Esta senha é fácil de adivinhar. Escolha uma mais longa ou menos comum.
password-repetitive = Ela não pode conter o mesmo caractere três vezes seguidas.
password-personal = Ela não pode conter seu nome nem seu endereço de e-mail.
password-common = Esta senha não é permitida aqui. Escolha outra.
password-used-before = Você já usou esta senha antes. Escolha outra.
too-many-tries = Muitas tentativas. Aguarde { $span } e tente novamente.
new-password = Nova senha
forgot-title = Esqueceu sua senha?
forgot-lede = Enviaremos um link para você escolher uma nova.
send-link = Enviar o link
back-to-sign-in = Voltar para o acesso
link-sent = Verifique seu e-mail
    .text = Se houver uma conta para { $email }, enviamos um link para escolher uma nova senha. Ele é válido por uma hora e só pode ser usado uma vez.
choose-password-title = Escolha uma nova senha
choose-password-for = para { $email }
save-password = Salvar a senha
password-saved = Sua senha foi alterada
    .text = Sua sessão foi encerrada em todos os outros lugares. Entre com sua nova senha.
ticket-ended = Este link não é mais válido
    .text = Ele já foi usado, é antigo demais ou foi substituído por um mais recente. Volte para onde você o solicitou e solicite um novo.
verify-title = Confirme seu endereço de e-mail
verify-lede = Confirme que { $email } é seu.
verify-button = Confirmar o endereço de e-mail
email-verified = Seu endereço de e-mail está confirmado
    .text = Você pode fechar esta página.
password-mail-unreadable = Digite seu endereço de e-mail.
