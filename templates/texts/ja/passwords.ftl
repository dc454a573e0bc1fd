# 設定するパスワード: 条件と、足りないもの。
password-least = { $least ->
   *[other] { $least } 文字以上にしてください。
}
password-kinds = 英小文字、英大文字、数字をそれぞれ含めてください。
password-advice = 互いに関係のない単語をいくつか並べると、安全なパスワードになります。
password-too-short = { $least ->
   *[other] { $least } 文字以上必要です。
}
password-too-long = このパスワードは長すぎます。
password-guessable = このパスワードは推測されやすいです。より長いものか、あまり使われないものにしてください。
password-repetitive = 同じ文字を 3 回続けて使用することはできません。
password-personal = 名前やメールアドレスを含めることはできません。
password-common = このパスワードはここでは使用できません。別のパスワードを設定してください。
password-used-before = このパスワードは以前に使用されています。別のパスワードを設定してください。
too-many-tries = 試行回数が多すぎます。{ $span }待ってから、もう一度お試しください。
new-password = 新しいパスワード
forgot-title = パスワードをお忘れですか?
forgot-lede = 新しいパスワードを設定するためのリンクをお送りします。
send-link = リンクを送信
back-to-sign-in = サインインに戻る
link-sent = メールを確認してください
    .text = { $email } のアカウントがある場合は、新しいパスワードを設定するためのリンクを送信しました。有効期間は 1 時間で、1 回だけ使用できます。
choose-password-title = 新しいパスワードを設定
choose-password-for = { $email } のパスワード
save-password = パスワードを保存
password-saved = パスワードが変更されました
    .text = 他のすべての場所からサインアウトしました。新しいパスワードでサインインしてください。
ticket-ended = このリンクは無効になりました
    .text = すでに使用されたか、古すぎるか、新しいリンクに置き換えられました。リンクを依頼した画面に戻り、新しいリンクを依頼してください。
verify-title = メールアドレスの確認
verify-lede = { $email } がご本人のものであることを確認してください。
verify-button = メールアドレスを確認
email-verified = メールアドレスが確認されました
    .text = このページは閉じてかまいません。
password-mail-unreadable = メールアドレスを入力してください。
