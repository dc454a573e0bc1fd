# Ce que disent plusieurs pages.
request-id = Identifiant de la requête
error-title = Erreur : { $title }
continue-to = pour continuer vers { $application }
continue = Continuer
or = ou
wait-seconds = { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } secondes
}
wait-minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
nothing-here = Il n’y a rien à cette adresse
    .text = Vérifiez l’adresse ou connectez-vous depuis l’application que vous souhaitez utiliser.
