# Le choix parmi ses organisations et ses comptes.
organizations-of = { $person } peut se connecter à ces organisations.
your-organizations = Vos organisations
search-organizations = Rechercher parmi vos organisations
search = Rechercher
no-organization-like-this = Aucune de vos organisations ne correspond à votre recherche.
continue-personal = Continuer avec un compte personnel
pages-of-organizations = Suite de vos organisations
previous-page = Précédent
next-page = Suivant
choose-account = Choisissez un compte
accounts = Comptes
continue-as = Continuer en tant que { $person }
use-another-account = Utiliser un autre compte
# La preuve d’une adresse que plusieurs organisations ont.
prove-address = Confirmez votre adresse e-mail
prove-address-why = Nous enverrons un code à { $address }. Saisissez-le pour voir les organisations auxquelles vous pouvez vous connecter.
code-was-sent = Saisissez les six chiffres que nous avons envoyés à { $address }.
code-for-organizations = Code
send-code = Envoyer le code
use-another-address = Utiliser une autre adresse e-mail
wrong-code-for-organizations = Ce code est incorrect ou n’est plus valable. Vérifiez-le, ou revenez en arrière et demandez-en un nouveau.
