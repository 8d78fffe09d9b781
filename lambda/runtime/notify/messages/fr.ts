import { KINDS_FR } from './fr-kinds';
import { bytesIn, countIn, instantIn, percentIn, spanIn } from './figures';
import type { Words } from './words';

const UNITS = { second: ['seconde', 'secondes'], minute: ['minute', 'minutes'], hour: ['heure', 'heures'], day: ['jour', 'jours'] } as const;
const s = (count: number, one: string, many: string): string => `${countIn('fr', count)} ${count < 2 ? one : many}`;
const span = (seconds: number): string => spanIn('fr', seconds, UNITS);

export const FR: Words = {
  kinds: KINDS_FR,
  labels: { happened: 'Ce qui s\'est passé', since: 'Depuis quand', safe: 'Ce qui est en sécurité', mend: 'Que faire maintenant' },
  links: { alarm: 'Alarme', alarms: 'Alarmes', executions: 'Exécutions', runbook: 'Mode d\'emploi' },
  prefix: { page: 'URGENT', notify: 'À voir', recovered: 'Terminé', test: 'TEST', digest: 'Semaine' },
  whose: ({ environment, application, protection }) => `${application}${protection === undefined ? '' : `/${protection}`} (${environment})`,
  span,
  bytes: (bytes) => bytesIn('fr', bytes, 'o'),
  count: (count) => countIn('fr', count),
  percent: (percent) => percentIn('fr', percent),
  instant: (iso, timeZone) => instantIn('fr-FR', iso, timeZone),
  since: (when) => `L'alarme sonne depuis le ${when}.`,
  overSince: (when) => `Terminé depuis le ${when}.`,
  noLongerKnown: 'CloudWatch n\'a plus de mesure pour en juger : on ne sait pas si tout va bien.',
  safe: ({ recoveryPointAge, provenCopies }, recoveryPoint, named) => {
    const of = named ? '' : 'de cette sauvegarde ';
    if (provenCopies === 0) return 'Il n\'y a pas encore de copie prouvée : rien ici n\'a montré qu\'il se restaure.';
    if (recoveryPointAge === undefined || recoveryPoint === undefined) {
      return 'Ce qui est en sécurité n\'a pas été mesuré récemment : `backup-policy status` le montre.';
    }
    return `La dernière copie prouvée ${of}contient les données au ${recoveryPoint}, il y a ${span(recoveryPointAge)}`
      + `${provenCopies === undefined ? '' : ` ; ${s(provenCopies, 'copie prouvée est', 'copies prouvées sont')} dans le stockage`}.`;
  },
  safeUnknown: 'Ce qui est en sécurité n\'a pas pu être demandé : `backup-policy status` le montre.',
  pausedUntil: (when, protection) => `${protection} est en pause jusqu'au ${when} ; elle se réveille seule, et rien n'est attendu avant.`,
  failed: {
    run: {
      title: 'échec de sauvegarde',
      happened: (slot) => `La sauvegarde prévue le ${slot} a échoué.`,
      mend: 'Faites ce que dit la phrase. La prochaine sauvegarde planifiée réessaiera seule ; `backup-policy run` en lance une maintenant.',
    },
    retire: {
      title: 'échec du retrait',
      happened: (slot) => `La ronde de retrait prévue le ${slot} a échoué. Aucune copie n'est perdue : ce qui devait partir reste plus longtemps.`,
      mend: 'Faites ce que dit la phrase. La ronde suivante, un jour plus tard, fera ce que celle-ci a laissé.',
    },
    extend: {
      title: 'des verrous n\'ont pas été prolongés',
      happened: (slot) => `La ronde qui prolonge les verrous, prévue le ${slot}, a échoué. Des copies à garder peuvent sortir de leur verrou.`,
      mend: 'Faites ce que dit la phrase avant la fin des verrous ; la ronde suivante fera ce que celle-ci a laissé.',
    },
    scrub: {
      title: 'des copies n\'ont pas été relues',
      happened: (slot) => `La ronde qui relit les copies stockées, prévue le ${slot}, a échoué.`,
      mend: 'Faites ce que dit la phrase ; `backup-policy scrub` lance une ronde maintenant.',
    },
  },
  said: (sentence) => `Le message de l'exécution, en anglais : ${sentence}`,
  execution: (name, error) => `Exécution ${name}, erreur ${error}.`,
  succeeded: ({ summary }, slot) => ({ title: 'sauvegarde prouvée', text: `La sauvegarde du ${slot} est bonne. ${summary}` }),
  test: ({ asker }, when) => ({
    title: 'essai des messages, personne n\'a à se lever',
    text: `Ceci est un essai, demandé par ${asker} le ${when}. Rien ne va mal dans les sauvegardes.`,
    mend: 'Rien. Si ceci vous est parvenu, les vrais messages vous parviendront de même.',
  }),
  digest: {
    well: 'toutes les sauvegardes vont bien',
    notWell: 'les sauvegardes demandent votre attention',
    wellText: (protections) => `Tout va bien pour ${s(protections, 'sauvegarde', 'sauvegardes')} : chacune a une copie prouvée aussi récente que promis, et tout est comme déclaré.`,
    notWellText: (troubles) => `${s(troubles, 'chose n\'est pas comme elle devrait', 'choses ne sont pas comme elles devraient')} :`,
    notAsked: 'CloudWatch n\'a pas pu dire comment vont les sauvegardes. `backup-policy status` le montre.',
    nothingMeasured: 'rien n\'a été mesuré ces dernières heures : la sentinelle ne parle pas',
    overdue: (late) => `une sauvegarde a ${late} de retard`,
    tooOld: (age, limit) => `les données de la dernière copie prouvée datent de ${age}, le maximum est de ${limit}`,
    noneProven: 'il n\'y a pas encore de copie prouvée',
    failedRuns: (count) => `${s(count, 'sauvegarde a échoué', 'sauvegardes ont échoué')} depuis la dernière copie prouvée`,
    unproven: (count) => s(count, 'copie ne s\'est pas restaurée comme il faut', 'copies ne se sont pas restaurées comme il faut'),
    unreadable: (count) => s(count, 'objet est illisible', 'objets sont illisibles'),
    replica: 'il manque dans la seconde région quelque chose que S3 n\'a pas pu répliquer',
    paused: (when) => `en pause jusqu'au ${when}`,
    newest: (age) => `dernières données prouvées vieilles de ${age}`,
    proven: (count) => `${count} copies prouvées`,
    rate: (percent) => `${percent} des sauvegardes de 30 jours bonnes`,
    stored: (bytes) => `${bytes} stockés`,
    ceiling: (days) => `${days} jours avant le plafond`,
    restore: (percent) => `une restauration prend ${percent} du temps permis`,
    drill: (age) => `dernier exercice il y a ${age}`,
    mend: 'Regardez chacun de ces points avec `backup-policy status` ; les alarmes en ont dit plus.',
  },
  unknown: {
    title: 'message qui n\'est pas de nous',
    text: 'Quelque chose a été dit sur le canal de cette politique qui n\'est ni une alarme ni un message à nous. Tel quel :',
    mend: 'Cherchez qui l\'a envoyé : vos propres alarmes y sont bienvenues, leur description est ce que vous lisez ici.',
  },
};
