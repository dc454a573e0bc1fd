# A escolha entre as próprias organizações e contas.
organizations-of = { $person } pode entrar nestas organizações.
your-organizations = Suas organizações
search-organizations = Buscar nas suas organizações
search = Buscar
no-organization-like-this = Nenhuma das suas organizações corresponde à busca.
continue-personal = Continuar com uma conta pessoal
pages-of-organizations = Mais das suas organizações
previous-page = Anterior
next-page = Próxima
choose-account = Escolha uma conta
accounts = Contas
continue-as = Continuar como { $person }
use-another-account = Usar outra conta
# A comprovação de um endereço que várias organizações têm.
prove-address = Confirme seu endereço de e-mail
prove-address-why = Enviaremos um código para { $address }. Digite-o para ver as organizações em que você pode entrar.
code-was-sent = Digite os seis dígitos que enviamos para { $address }.
code-for-organizations = Código
send-code = Enviar o código
use-another-address = Usar outro endereço de e-mail
wrong-code-for-organizations = Este código está incorreto ou não é mais válido. Verifique-o, ou volte e solicite um novo.
