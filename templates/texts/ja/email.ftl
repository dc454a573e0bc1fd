# メールで送られるコードによるサインイン。
email-address = メールアドレス
email-hint = サインイン用のコードをお送りします。
enter-email = メールアドレスを入力してください。
other-ways-to-sign-in = 他のサインイン方法
enter-code-sent-to = { $email } に送信したコードを入力してください
code = コード
code-hint = 6 桁の数字です。1 分たってもメールが届かない場合は、迷惑メールフォルダーを確認してください。
enter-code = 6 桁のコードを入力してください。
wrong-code = このコードは正しくないか、有効期限が切れています。確認するか、新しいコードを送信してください。
too-many-codes = コードの送信回数が多すぎます。{ $span }待ってから、もう一度お試しください。
send-new-code = 新しいコードを送信
use-other-address = 別のメールアドレスを使用
