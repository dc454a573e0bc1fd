# 組織のページ。
sign-in-to = { $place } にサインイン
other-account-needed = { $person } としてサインインしていますが、{ $place } には別のアカウントが必要です。
no-options-title = サインイン方法がまだありません。
no-options-organization = { $place } で有効なサインイン方法がありません。組織の管理者に有効化を依頼してから、このページを再読み込みしてください。
no-options-application = { $place } で有効なサインイン方法がありません。運営者に有効化を依頼してから、このページを再読み込みしてください。
ways-to-sign-in = サインイン方法
continue-with = { $option } で続ける
email-or-username = メールアドレスまたはユーザー名
password = パスワード
sign-in = サインイン
not-your-organization = { $organization } ではありませんか?
choose-another-organization = 別の組織を選択
choose-an-organization = 組織を選択
wrong-credentials = メールアドレス、ユーザー名、またはパスワードが正しくありません。
enter-credentials = メールアドレスまたはユーザー名と、パスワードを入力してください。
passwords-busy = ただいまサインインが集中しています。しばらくしてからもう一度お試しください。
too-many-failures = 失敗した回数が多すぎます。{ $span }待ってから、もう一度お試しください。
