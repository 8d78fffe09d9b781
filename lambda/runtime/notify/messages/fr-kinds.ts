import type { Words } from './words';

const s = (count: number | undefined, one: string, many: string): string => (count === undefined ? `Plusieurs ${many}`
  : `${count} ${count < 2 ? one : many}`);

/** What each kind of alarm says in French. */
export const KINDS_FR: Words['kinds'] = {
  recoveryPointOld: {
    title: 'aucune copie prouvée récente',
    happened: ({ value, limit }) => (value === undefined
      ? 'Rien ne dit l\'âge de la dernière copie prouvée : aucune mesure n\'est arrivée.'
      : `Les données de la dernière copie prouvée datent de ${value} ; le maximum permis est de ${limit ?? 'l\'objectif déclaré'}.`),
    mend: 'Regardez les dernières exécutions avec `backup-policy status`, corrigez ce qui les a arrêtées, puis lancez-en une avec'
      + ' `backup-policy run`. Ce qui a changé dans la base depuis la copie nommée ci-dessus serait perdu aujourd\'hui.',
    recovered: 'Il y a de nouveau une copie prouvée assez récente.',
  },
  backupOverdue: {
    title: 'sauvegarde en retard',
    happened: ({ value }) => `Une sauvegarde attendue ${value === undefined ? '' : `depuis ${value} `}n'a laissé aucune copie.`,
    mend: 'Voyez dans Step Functions si l\'exécution a démarré, attend ou a échoué. Si elle n\'a jamais démarré, regardez sa planification ;'
      + ' puis lancez-en une avec `backup-policy run`.',
    recovered: 'La sauvegarde en retard a laissé sa copie.',
  },
  backupFailed: {
    title: 'échec de sauvegarde',
    happened: ({ count }) => `Depuis la dernière copie prouvée, ${count === 1
      ? 'une sauvegarde a échoué ou n\'a pas laissé de copie prouvée'
      : `${count ?? 'plusieurs'} sauvegardes ont échoué ou n'ont pas laissé de copie prouvée`}.`,
    mend: 'Lisez la phrase de l\'exécution en échec dans Step Functions : elle dit quoi corriger. La prochaine sauvegarde planifiée réessaiera seule.',
    recovered: 'La dernière sauvegarde a laissé une copie prouvée.',
  },
  copyNotProven: {
    title: 'une copie n\'est pas bonne',
    happened: ({ count }) => `${s(count, 'copie plus récente que la dernière copie prouvée ne s\'est pas restaurée',
      'copies plus récentes que la dernière copie prouvée ne se sont pas restaurées')} comme il faut.`,
    mend: 'Ne comptez pas sur ces copies. Lisez le verdict avec `backup-policy status` : il nomme les différences. Cherchez ce qui a changé'
      + ' dans la base ou son serveur depuis la dernière copie prouvée.',
    recovered: 'La copie la plus récente est de nouveau prouvée.',
  },
  copyUnverified: {
    title: 'une copie n\'a pas été vérifiée',
    happened: ({ value }) => `Une copie attend sa vérification depuis ${value ?? 'trop longtemps'}.`,
    mend: 'Voyez dans Step Functions ce qu\'est devenue l\'étape de vérification. D\'ici là, personne ne sait si cette copie peut être restaurée.',
    recovered: 'Chaque copie a son verdict.',
  },
  provenCopiesMissing: {
    title: 'trop peu de copies prouvées',
    happened: ({ count }) => `Il manque ${s(count, 'copie prouvée', 'copies prouvées').toLowerCase()} parmi celles que la rétention promet.`,
    mend: 'Cherchez si des sauvegardes ont échoué, ou si des copies à garder ont été libérées : `backup-policy status` dit ce qui est là.',
    recovered: 'Il y a autant de copies prouvées que la rétention en promet.',
  },
  successRateLow: {
    title: 'trop d\'échecs de sauvegarde',
    happened: ({ value, limit }) => `Seulement ${value ?? 'une partie'} des sauvegardes des 30 derniers jours ont laissé une copie prouvée ; il en faut ${limit ?? 'presque toutes'}.`,
    mend: 'Cherchez ce que les échecs ont en commun : l\'heure, l\'erreur, la charge du serveur.',
    recovered: 'Assez de sauvegardes des 30 derniers jours ont laissé une copie prouvée.',
  },
  sizeAnomaly: {
    title: 'copie d\'une taille inhabituelle',
    happened: ({ value, limit }) => `La taille de la dernière copie s'écarte de ${value ?? 'beaucoup'} de la moyenne des bonnes copies d'avant ; ${limit ?? 'moins'} est habituel.`,
    mend: 'Demandez si beaucoup de données ont été importées ou supprimées. Si personne n\'en sait rien, gardez une copie plus ancienne avec'
      + ' `backup-policy retire --keep` avant qu\'elle ne soit libérée.',
    recovered: 'La dernière copie a sa taille habituelle.',
  },
  rowsAnomaly: {
    title: 'nombre de lignes inhabituel',
    happened: ({ value, limit }) => `Les lignes de la dernière copie s'écartent de ${value ?? 'beaucoup'} de la moyenne des bonnes copies d'avant ; ${limit ?? 'moins'} est habituel.`,
    mend: 'Demandez tout de suite si une table a été vidée ou remplie exprès. Sinon, des données manquent peut-être dans la base elle-même :'
      + ' gardez la dernière bonne copie avec `backup-policy retire --keep`, et restaurez à partir d\'elle.',
    recovered: 'La dernière copie a son nombre de lignes habituel.',
  },
  runTooLong: {
    title: 'une sauvegarde a duré trop longtemps',
    happened: ({ value, limit }) => `La dernière sauvegarde a pris ${value ?? 'plus longtemps'} ; ${limit ?? 'moins'} était déclaré.`,
    mend: 'La copie est là. Voyez ce qui a grossi ou qui tenait des verrous ; donnez plus de temps ou de mémoire avant que cela ne passe plus.',
    recovered: 'La dernière sauvegarde a été assez rapide.',
  },
  restoreTooSlow: {
    title: 'la restauration est trop lente',
    happened: ({ value }) => `Le dernier exercice a demandé ${value ?? 'plus que permis'} du temps de reprise déclaré.`,
    mend: 'En cas d\'urgence, l\'application serait absente plus longtemps que promis : donnez plus de mémoire à la vérification, ou déclarez un RTO plus long.',
    recovered: 'Le dernier exercice tient dans le temps de reprise déclaré.',
  },
  drillOld: {
    title: 'aucun exercice récent',
    happened: ({ value, limit }) => `La dernière restauration d'essai date de ${value ?? 'trop longtemps'} ; une est promise tous les ${limit ?? 'délais déclarés'}.`,
    mend: 'Voyez pourquoi les sauvegardes ne sont plus vérifiées ; `backup-policy run` fait maintenant une copie et son exercice.',
    recovered: 'Une restauration a été essayée récemment.',
  },
  storeFilling: {
    title: 'le stockage se remplit',
    happened: ({ value }) => `Les copies occupent ${value ?? 'presque tout'} du plafond déclaré.`,
    mend: 'Raccourcissez la rétention, relevez le plafond, ou cherchez ce qui a grossi. Rien n\'est supprimé faute de place : cela coûte seulement plus.',
    recovered: 'Les copies sont de nouveau sous le plafond déclaré.',
  },
  replicaLate: {
    title: 'la réplique est en retard',
    happened: ({ value }) => `Une copie n'est pas arrivée dans la seconde région depuis ${value ?? 'trop longtemps'}.`,
    mend: 'La première région l\'a. Regardez l\'état de réplication du bucket ; d\'ici là, perdre la région ferait perdre cette copie.',
    recovered: 'Chaque copie est arrivée dans la seconde région.',
  },
  replicaFailed: {
    title: 'échec de réplication',
    happened: ({ count }) => `S3 n'a pas pu répliquer ${s(count, 'objet', 'objets').toLowerCase()} vers la seconde région.`,
    mend: 'Regardez le rôle de réplication, la clé de la réplique et son bucket. S3 ne réessaie pas seul : lancez ensuite S3 Batch Replication.',
    recovered: 'Rien des copies récentes n\'a échoué à se répliquer.',
  },
  copyUnreadable: {
    title: 'quelque chose est abîmé dans le stockage',
    happened: ({ count }) => `${s(count, 'objet du stockage (copie, manifeste ou verdict) est abîmé ou illisible', 'objets du stockage (copies, manifestes ou verdicts) sont abîmés ou illisibles')} :`
      + ' modifié, manquant, écrasé, ou d\'une version plus récente.',
    mend: 'Ne restaurez aucune copie que nomme `backup-policy status`, et cherchez qui a écrit dans le stockage. Ce qui a été écrasé y est toujours, en version antérieure.',
    recovered: 'Aucun dégât connu, et tout ce qui est récent est lisible.',
  },
  clockWrong: {
    title: 'une horloge est fausse',
    happened: ({ value }) => `L'horloge du dernier worker s'écarte de ${value ?? 'trop'} de celle du stockage.`,
    mend: 'Les heures des copies ne sont pas sûres tant qu\'elle est fausse : voyez où tourne le worker, et qui a réglé son horloge.',
    recovered: 'Les horloges sont de nouveau d\'accord.',
  },
  copyNotRead: {
    title: 'des copies n\'ont pas été relues',
    happened: ({ value, limit }) => `Une copie stockée a été lue pour la dernière fois il y a ${value ?? 'trop longtemps'} ; le délai déclaré est de ${limit ?? 'moins'}.`,
    mend: 'Lancez `backup-policy scrub`, et voyez dans son journal pourquoi la rotation ne suit pas.',
    recovered: 'Chaque copie stockée a été relue dans le délai déclaré.',
  },
  scheduleChanged: {
    title: 'la planification n\'est pas comme déclarée',
    happened: () => 'La planification ou sa machine d\'états a été désactivée, modifiée ou supprimée à la main : la prochaine sauvegarde peut ne pas avoir lieu.',
    mend: 'Redéployez la pile, ou utilisez `backup-policy pause` si une pause était voulue : elle a une fin et se réveille seule.',
    recovered: 'Planification et machine d\'états sont comme déclarées.',
  },
  sentinelSilent: {
    title: 'personne ne surveille les sauvegardes',
    happened: () => 'La sentinelle, qui regarde le stockage, ne dit plus rien. Toutes les autres alarmes de cette politique sont aveugles jusqu\'à son retour.',
    mend: 'Ouvrez le journal de la sentinelle dans CloudWatch : sa dernière erreur dit quoi corriger. `backup-policy status --local` regarde'
      + ' le stockage avec vos propres droits.',
    recovered: 'La sentinelle parle de nouveau.',
  },
  slotNotStarted: {
    title: 'une sauvegarde n\'a pas pu démarrer',
    happened: ({ count }) => `${s(count, 'démarrage planifié a échoué et se trouve', 'démarrages planifiés ont échoué et se trouvent')} dans la file des messages morts.`,
    mend: 'Lisez le message dans la file : il dit pourquoi. Lancez la sauvegarde avec `backup-policy run`, puis videz la file.',
    recovered: 'La file des messages morts est vide.',
  },
  lockChanged: {
    title: 'la protection du stockage n\'est pas comme déclarée',
    happened: () => 'Object Lock, le versionnement ou la politique du bucket n\'est pas comme déclaré : qui l\'a changé peut supprimer ou écraser des copies.',
    mend: 'Demandez qui l\'a changé : c\'est le premier geste d\'un attaquant. Redéployez la pile ; regardez CloudTrail pour ce bucket.',
    recovered: 'Le verrou, le versionnement et la politique du bucket sont comme déclarés.',
  },
  lifecycleChanged: {
    title: 'les règles de cycle de vie ne sont pas comme déclarées',
    happened: () => 'Une règle de cycle de vie du bucket a été changée, ajoutée ou retirée : elle peut supprimer des copies, ou garder ce qui doit partir.',
    mend: 'Demandez qui l\'a changée, et redéployez la pile avant minuit UTC, quand S3 applique ses règles.',
    recovered: 'Les règles de cycle de vie sont comme déclarées.',
  },
  replicationChanged: {
    title: 'la réplication n\'est pas comme déclarée',
    happened: () => 'La réplication du bucket est arrêtée, ou va ailleurs : les nouvelles copies ne sont peut-être que dans une région.',
    mend: 'Redéployez la pile, puis répliquez ce qui a été écrit entre-temps avec S3 Batch Replication.',
    recovered: 'La réplication est comme déclarée.',
  },
  keyUnusable: {
    title: 'une clé des copies est en danger',
    happened: () => 'Une clé du stockage est désactivée, bientôt supprimée, n\'est plus renouvelée, ou sa politique n\'est pas comme déclarée.'
      + ' Sans sa clé, aucune copie ne peut être lue.',
    mend: 'Regardez la clé dans KMS maintenant : annulez une suppression (`aws kms cancel-key-deletion`), réactivez-la, et redéployez la pile si sa politique a été changée. Demandez qui l\'a fait.',
    recovered: 'Les clés du stockage sont comme il faut.',
  },
  recipientUnconfirmed: {
    title: 'quelqu\'un ne serait pas prévenu',
    happened: ({ count }) => `${s(count, 'abonnement d\'un destinataire n\'est pas confirmé, ou a disparu', 'abonnements de destinataires ne sont pas confirmés, ou ont disparu')}.`,
    mend: 'Faites confirmer le message d\'AWS, ou retirez ces personnes de la politique : la nuit, elles n\'entendraient rien.',
    recovered: 'Chaque destinataire est confirmé.',
  },
  auditOld: {
    title: 'le stockage n\'a pas été contrôlé',
    happened: ({ value }) => `Le dernier contrôle quotidien du stockage s'est terminé il y a ${value ?? 'trop longtemps'}.`,
    mend: 'Voyez la dernière exécution de la machine de retrait dans Step Functions. Rien n\'est perdu, mais les copies ne sont ni contrôlées ni libérées.',
    recovered: 'Le stockage a été contrôlé.',
  },
  releasedTooMany: {
    title: 'des copies à garder vont partir',
    happened: ({ count }) => `${s(count, 'copie est marquée', 'copies sont marquées')} pour libération alors que la rétention les garde, ou au-delà de ce qu'une ronde peut libérer.`,
    mend: 'Retirez tout de suite ces marques avec `backup-policy retire --keep` ; le délai de grâce est le temps dont vous disposez. Demandez qui les a posées.',
    recovered: 'Rien de ce qui doit rester n\'est marqué pour libération.',
  },
};
