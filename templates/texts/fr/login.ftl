# La page d’une organisation.
sign-in-to = Se connecter à { $place }
other-account-needed = Vous êtes connecté en tant que { $person }, mais { $place } nécessite un autre compte.
no-options-title = Il n’existe encore aucun moyen de se connecter.
no-options-organization = Aucun moyen de connexion n’est activé pour { $place }. Demandez à l’administrateur de votre organisation d’en activer un, puis rechargez cette page.
no-options-application = Aucun moyen de connexion n’est activé pour { $place }. Demandez aux responsables d’en activer un, puis rechargez cette page.
ways-to-sign-in = Moyens de connexion
continue-with = Continuer avec { $option }
email-or-username = E-mail ou nom d’utilisateur
password = Mot de passe
sign-in = Se connecter
not-your-organization = Ce n’est pas { $organization } ?
choose-another-organization = Choisir une autre organisation
choose-an-organization = Choisir une organisation
wrong-credentials = E-mail, nom d’utilisateur ou mot de passe incorrect.
enter-credentials = Saisissez votre e-mail ou votre nom d’utilisateur, ainsi que votre mot de passe.
passwords-busy = De nombreuses personnes se connectent en ce moment. Réessayez dans un instant.
too-many-failures = Trop de tentatives infructueuses. Attendez { $span }, puis réessayez.
